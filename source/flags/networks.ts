import {HolmError} from '../engine/errors.js';
import type {AttachmentConfiguration} from '../engine/resources.js';
import {splitFirst} from './split-arguments.js';
import {parseAddress, parseMac} from './addresses.js';

type Found = {network: string; address?: string; mac?: string; readonly aliases: string[]};

/** The keys of the long form. */
const fields: Readonly<Record<string, (found: Found, text: string) => void>> = {
	name(found, text) {
		found.network = text;
	},
	ip(found, text) {
		found.address = parseAddress('--network', text);
	},
	mac(found, text) {
		found.mac = parseMac('--network', text);
	},
	alias(found, text) {
		found.aliases.push(text);
	},
};

const canonical: Readonly<Record<string, string>> = {'mac-address': 'mac', ip4: 'ip'};

const refuseShared = (network: string) => {
	const whose = network === 'host' ? 'the host\'s network' : 'another\'s';
	const reason = `a container is a machine of its own and cannot share ${whose}`;
	return new HolmError('unsupported', `--network ${network} is not possible: ${reason}`, {remedy: 'put both on one network and use names, or publish ports with -p'});
};

/** The attachment of one `--network`: `NAME` or `NAME,ip=…,mac=…,alias=…`, or Docker's `name=NAME,…`. */
export const parseNetwork = (value: string): AttachmentConfiguration => {
	const found: Found = {network: '', aliases: []};
	for (const [index, field] of value.split(',').entries()) {
		const [key, text] = splitFirst(field, '=');
		const name = canonical[key] ?? key;
		if (index === 0 && text === undefined) {
			found.network = field;
		} else if (text && Object.hasOwn(fields, name)) {
			fields[name]!(found, text);
		} else {
			throw new HolmError('invalid', `invalid value "${value}" for --network: "${field}"`, {remedy: 'it is NAME, or NAME,ip=ADDRESS,mac=ADDRESS,alias=NAME'});
		}
	}

	const {network} = found;
	if (network === '') {
		throw new HolmError('invalid', `invalid value "${value}" for --network: it names no network`, {remedy: 'holm network ls lists them'});
	}

	if (network === 'host' || network.startsWith('container:')) {
		throw refuseShared(network);
	}

	return found;
};

export type NetworkFlags = {
	readonly network: readonly string[];
	readonly networkAlias: readonly string[];
	readonly ip: string | undefined;
	readonly macAddress: string | undefined;
};

/** All networks of a container; `--ip`, `--mac-address` and `--network-alias` apply to the first, or to the default network. */
export const parseNetworks = ({network, networkAlias, ip, macAddress}: NetworkFlags): readonly AttachmentConfiguration[] => {
	const attachments = network.map(value => parseNetwork(value));
	const names = attachments.map(attachment => attachment.network);
	const twice = names.find((name, index) => names.indexOf(name) !== index);
	if (twice !== undefined) {
		throw new HolmError('invalid', `network ${twice} is given twice`, {remedy: 'give each network once'});
	}

	if (names.length > 1 && names.includes('none')) {
		throw new HolmError('invalid', 'the network none cannot be combined with others', {remedy: 'leave one of them out'});
	}

	if (ip === undefined && macAddress === undefined && networkAlias.length === 0) {
		return attachments;
	}

	const [first = {network: 'bridge', aliases: []}, ...others] = attachments;
	return [{
		...first,
		...(ip !== undefined && {address: parseAddress('--ip', ip)}),
		...(macAddress !== undefined && {mac: parseMac('--mac-address', macAddress)}),
		aliases: [...first.aliases, ...networkAlias],
	}, ...others];
};
