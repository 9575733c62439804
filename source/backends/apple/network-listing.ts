import {HolmError} from '../../engine/errors.js';
import {defaultNetwork} from '../../engine/networks.js';
import type {Network} from '../../engine/resources.js';
import type {Context} from './context.js';
import {decodeNetworks, type AppleNetwork} from './decode/network.js';
import type {Program} from './program.js';
import {decodeNotes, derivedId, withoutNotes} from './notes.js';

/** What a network made by Holm keeps in its label. */
export type NetworkNotes = {
	readonly id: string;
	readonly name: string;
	readonly createdAt: number;
	readonly labels: Readonly<Record<string, string>>;
	readonly options?: Readonly<Record<string, string>>;
};

/** A network, and Apple's name of it. */
export type NetworkItem = {
	readonly id: string;
	readonly name: string;
	readonly appleName: string;
	readonly network: Omit<Network, 'leases'>;
};

const networkOf = ({id: appleName, createdAt, internal, labels, subnet, gateway}: AppleNetwork): NetworkItem => {
	const notes = decodeNotes<NetworkNotes>(labels);
	const id = notes?.id ?? derivedId('network', appleName, createdAt);
	const name = appleName === 'default' ? defaultNetwork : notes?.name ?? appleName;
	return {id, name, appleName, network: {
		id,
		name,
		createdAt: notes?.createdAt ?? createdAt,
		driver: 'bridge',
		subnet,
		gateway,
		internal,
		labels: notes?.labels ?? withoutNotes(labels),
		...notes?.options && {options: notes.options},
	}};
};

/** The only network below macOS 26, where no command lists networks. */
const onlyNetwork: AppleNetwork = {
	id: 'default', createdAt: 0, internal: false, labels: {}, subnet: '192.168.64.0/24', gateway: '192.168.64.1',
};

const readList = async (program: Program): Promise<readonly AppleNetwork[]> => {
	try {
		return decodeNetworks(await program.json(['network', 'ls', '--format', 'json']));
	} catch (error) {
		if (error instanceof HolmError && error.code === 'unsupported') {
			return [onlyNetwork];
		}

		throw error;
	}
};

/** All networks; as they were at most so long ago, unless this engine has changed one since. */
export const readNetworksWithin = async (context: Context, maxAgeMs: number): Promise<readonly NetworkItem[]> =>
	context.lists.networks.read(async () => {
		const program = await context.program();
		const listed = await readList(program);
		const items = listed.map(network => networkOf(network));
		context.networks = new Map(items.map(({appleName, network}) => [appleName, network]));
		return items;
	}, maxAgeMs);

/** All networks, in Apple's order. */
export const readNetworks = async (context: Context): Promise<readonly NetworkItem[]> => readNetworksWithin(context, 0);
