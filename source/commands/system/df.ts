import type {DiskUsage} from '../../engine/system.js';
import {defineCommand} from '../command.js';
import {listFlags, printRows, type Row} from '../print/rows.js';
import {decimalSize} from '../../text/sizes.js';

type Item = {readonly bytes: number; readonly active: boolean};

const rowOf = (type: string, items: readonly Item[]): Row => {
	const size = items.reduce((total, {bytes}) => total + bytes, 0);
	const reclaimable = items.reduce((total, {bytes, active}) => total + (active ? 0 : bytes), 0);
	return {
		Type: type,
		TotalCount: String(items.length),
		Active: String(items.filter(({active}) => active).length),
		Size: decimalSize(size),
		Reclaimable: size === 0 ? '0B' : `${decimalSize(reclaimable)} (${Math.round(reclaimable / size * 100)}%)`,
	};
};

/** One row for each kind of resource. */
export const diskUsageRows = ({images, containers, volumes, cacheBytes, builderBytes}: DiskUsage): readonly Row[] => [
	rowOf('Images', images.map(({image, containers: users}) => ({bytes: image.sizeBytes, active: users > 0}))),
	rowOf('Containers', containers.map(({container, bytes}) => ({bytes, active: ['running', 'paused', 'restarting'].includes(container.status.state)}))),
	rowOf('Local Volumes', volumes.map(({bytes, containers: users}) => ({bytes, active: users > 0}))),
	...builderBytes === undefined ? [] : [{
		Type: 'Build Cache', TotalCount: '', Active: '', Size: decimalSize(builderBytes), Reclaimable: decimalSize(builderBytes),
	}],
	{
		Type: 'Disks and Templates', TotalCount: '', Active: '', Size: decimalSize(cacheBytes), Reclaimable: decimalSize(cacheBytes),
	},
];

export const command = defineCommand({
	usage: '',
	flags: {format: listFlags.format},
	async run(context, {format}) {
		const engine = await context.engine();
		await printRows(context, diskUsageRows(await engine.diskUsage()), {
			columns: {
				Type: 'TYPE', TotalCount: 'TOTAL', Active: 'ACTIVE', Size: 'SIZE', Reclaimable: 'RECLAIMABLE',
			},
			format,
		});
	},
});
