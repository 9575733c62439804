import {HolmError} from '../../engine/errors.js';

/** Docker's option of the bridge driver. */
const option = 'com.docker.network.driver.mtu';

/** The smallest MTU of IPv4 (RFC 791), and the largest of a tap. */
const [minimum, maximum] = [68, 65_521];

/** The MTU that the options of a network ask for; undefined for the default. Throws `invalid`. */
export const mtuOf = ({[option]: given}: Readonly<Record<string, string>> = {}): number | undefined => {
	if (given === undefined || given === '' || given === '0') {
		return undefined;
	}

	const mtu = /^\d{1,5}$/v.test(given) ? Number(given) : 0;
	if (mtu < minimum || mtu > maximum) {
		throw new HolmError('invalid', `invalid ${option} ${JSON.stringify(given.slice(0, 40))}`, {remedy: `it is a number from ${minimum} to ${maximum}`});
	}

	return mtu;
};
