import type {Snapshot} from '../../engine/snapshot.js';
import {stateRole, stateText} from '../containers/rows.js';
import type {Size} from '../frame/lines.js';
import {clean, fit} from '../../text/fit.js';
import type {Theme} from '../frame/theme.js';

/** Each network as a bridge, with the host on one side and its containers on the other. */
export const topologyLines = ({networks, containers}: Pick<Snapshot, 'networks' | 'containers'>, selectedId: string | undefined, {width}: Pick<Size, 'width'>, theme: Theme): readonly string[] => {
	const isAscii = theme.borders.vertical === '|';
	const [tee, corner, trunk] = isAscii ? ['+--', '`--', '|  '] : ['├──', '└──', '│  '];
	const byId = new Map(containers.map(container => [container.id, container]));
	const lines: string[] = [theme.paint('title', fit('host', width))];
	for (const [number, {id, name, subnet, gateway, internal, leases, bridge}] of networks.entries()) {
		const isLast = number === networks.length - 1;
		const head = `${isLast ? corner : tee}${internal ? (isAscii ? 'x' : '╳') : (isAscii ? '=' : '═')} `;
		lines.push(theme.paint(id === selectedId ? 'selected' : (internal ? 'warning' : 'accent'), fit(`${head}${clean(name)}  ${clean(subnet)}  gateway ${clean(gateway)}${bridge === undefined ? '' : `  ${clean(bridge)}`}${internal ? '  internal: no way out' : ''}`, width)));
		const stem = isLast ? ' '.repeat(3) : trunk;
		for (const [index, {containerId, containerName, address}] of leases.entries()) {
			const container = byId.get(containerId);
			const others = container?.attachments.filter(({networkId}) => networkId !== id).map(({network}) => network) ?? [];
			const text = fit(`${stem}  ${index === leases.length - 1 ? corner : tee} ${fit(clean(containerName), 24)} ${fit(clean(address), 16)} ${fit(container ? stateText(container) : 'gone', 12)}${others.length === 0 ? '' : ` also on ${others.map(other => clean(other)).join(', ')}`}`, width);
			lines.push(theme.paint(container ? stateRole(container) : 'bad', text));
		}

		if (leases.length === 0) {
			lines.push(theme.paint('dim', fit(`${stem}  no containers`, width)));
		}
	}

	const alone = containers.filter(({attachments}) => attachments.length === 0);
	return alone.length === 0 ? lines : [...lines, theme.paint('dim', fit(`On no network: ${alone.map(({name}) => clean(name)).join(', ')}`, width))];
};
