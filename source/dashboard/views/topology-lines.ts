import type {Container, Network} from '../../engine/resources.js';
import type {Snapshot} from '../../engine/snapshot.js';
import {stateRole, stateText} from '../containers/rows.js';
import type {Size} from '../frame/lines.js';
import {clean, fit} from '../../text/fit.js';
import type {Theme} from '../frame/theme.js';

const glyphsFor = (isAscii: boolean) => isAscii
	? {tee: '+--', corner: '`--', trunk: '|  ', bridge: '=', closed: 'x'}
	: {tee: '├──', corner: '└──', trunk: '│  ', bridge: '═', closed: '╳'};

const networkText = ({name, subnet, gateway, bridge, internal}: Network): string => [
	clean(name),
	clean(subnet),
	`gateway ${clean(gateway)}`,
	...(bridge === undefined ? [] : [clean(bridge)]),
	...(internal ? ['internal: no external access'] : []),
].join('  ');

const leaseText = ({containerName, address}: Network['leases'][number], networkId: string, container: Container | undefined): string => {
	const others = container?.attachments.filter(attachment => attachment.networkId !== networkId).map(({network}) => clean(network)) ?? [];
	const state = container ? stateText(container) : 'gone';
	const also = others.length === 0 ? '' : ` also on ${others.join(', ')}`;
	return `${fit(clean(containerName), 24)} ${fit(clean(address), 16)} ${fit(state, 12)}${also}`;
};

type Resources = Pick<Snapshot, 'networks' | 'containers'>;

/** The networks as a tree, each with its containers. */
export const topologyLines = (
	{networks, containers}: Resources,
	selectedId: string | undefined,
	{width}: Pick<Size, 'width'>,
	theme: Theme,
): readonly string[] => {
	const {tee, corner, trunk, bridge, closed} = glyphsFor(theme.borders.vertical === '|');
	const byId = new Map(containers.map(container => [container.id, container]));
	const lines: string[] = [theme.paint('title', fit('host', width))];
	for (const [number, network] of networks.entries()) {
		const {id, internal, leases} = network;
		const isLast = number === networks.length - 1;
		const role = internal ? 'warning' : 'accent';
		const text = `${isLast ? corner : tee}${internal ? closed : bridge} ${networkText(network)}`;
		lines.push(theme.paint(id === selectedId ? 'selected' : role, fit(text, width)));
		const stem = isLast ? ' '.repeat(3) : trunk;
		for (const [index, lease] of leases.entries()) {
			const container = byId.get(lease.containerId);
			const line = `${stem}  ${index === leases.length - 1 ? corner : tee} ${leaseText(lease, id, container)}`;
			lines.push(theme.paint(container ? stateRole(container) : 'bad', fit(line, width)));
		}

		if (leases.length === 0) {
			lines.push(theme.paint('dim', fit(`${stem}  no containers`, width)));
		}
	}

	const alone = containers.filter(({attachments}) => attachments.length === 0);
	return alone.length === 0 ? lines : [...lines, theme.paint('dim', fit(`On no network: ${alone.map(({name}) => clean(name)).join(', ')}`, width))];
};
