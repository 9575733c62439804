import {HolmError} from '../../errors.js';
import type {AttachmentConfiguration} from '../../resources.js';
import {parseAddress, parseMac} from './addresses.js';

const keys: Readonly<Record<string, 'name' | 'ip' | 'mac' | 'alias'>> = {
	name: 'name', ip: 'ip', ip4: 'ip', mac: 'mac', 'mac-address': 'mac', alias: 'alias',
};

/** The attachment of one `--network`: `NAME` or `NAME,ip=…,mac=…,alias=…`, or Docker's `name=NAME,…`. */
export const parseNetwork = (value: string): AttachmentConfiguration => {
	const aliases: string[] = [];
	const found: {network?: string; address?: string; mac?: string} = {};
	for (const [index, field] of value.split(',').entries()) {
		const [name = '', ...rest] = field.split('=');
		const text = rest.join('=');
		if (index === 0 && rest.length === 0) {
			found.network = field;
			continue;
		}

		switch (Object.hasOwn(keys, name) && text !== '' ? keys[name] : undefined) {
			case 'name': {
				found.network = text;
				break;
			}

			case 'ip': {
				found.address = parseAddress('--network', text);
				break;
			}

			case 'mac': {
				found.mac = parseMac('--network', text);
				break;
			}

			case 'alias': {
				aliases.push(text);
				break;
			}

			default: {
				throw new HolmError('invalid', `invalid value "${value}" for --network: "${field}"`, {remedy: 'it is NAME, or NAME,ip=ADDRESS,mac=ADDRESS,alias=NAME'});
			}
		}
	}

	const {network = '', ...rest} = found;
	if (network === '' || network.includes('=')) {
		throw new HolmError('invalid', `invalid value "${value}" for --network: it names no network`, {remedy: 'holm network ls lists them'});
	}

	if (network.startsWith('container:') || network === 'host') {
		throw new HolmError('unsupported', `--network ${network} is not possible: a container is a machine of its own and cannot share ${network === 'host' ? 'the host\'s network' : 'another\'s'}`, {remedy: 'put both on one network and use names, or publish ports with -p'});
	}

	return {network, ...rest, aliases};
};

export type NetworkFlags = {
	readonly network: readonly string[];
	readonly networkAlias: readonly string[];
	readonly ip: string | undefined;
	readonly macAddress: string | undefined;
};

/** All networks of a container; `--ip`, `--mac-address` and `--network-alias` belong to the first, or to the default one. */
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
