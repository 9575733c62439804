import {defineCommand} from '../command.js';
import {filterFlag, parseFilters} from '../filters.js';
import {parseWhole} from '../../flags/sizes.js';
import {containerRow} from '../print/container-rows.js';
import {listFlags, printRows} from '../print/rows.js';

const columns = {
	ID: 'CONTAINER ID', Image: 'IMAGE', Command: 'COMMAND', RunningFor: 'CREATED', Status: 'STATUS', Ports: 'PORTS', Names: 'NAMES',
};

export const command = defineCommand({
	usage: '',
	flags: {
		all: {type: 'boolean', shortFlag: 'a', description: 'Show stopped containers, too'},
		last: {
			type: 'string', shortFlag: 'n', value: 'NUMBER', description: 'Show the last NUMBER created, in any state',
		},
		latest: {type: 'boolean', shortFlag: 'l', description: 'Show the last one created, in any state'},
		size: {type: 'boolean', shortFlag: 's', description: 'Show their disk usage'},
		filter: filterFlag,
		...listFlags,
	},
	async run(context, {all, last, latest, size, filter, format, quiet, noTrunc}) {
		const count = latest ? 1 : (last === undefined ? -1 : parseWhole('--last', last, -1));
		const filters = parseFilters(filter);
		const engine = await context.engine();
		const containers = await engine.containers({all: all || count > 0 || filters.status !== undefined, filters, size});
		const shown = count > 0 ? containers.slice(0, count) : containers;
		const now = context.now();
		await printRows(context, shown.map(container => containerRow(container, {now, full: noTrunc})), {
			columns: size ? {...columns, Size: 'SIZE'} : columns,
			moreHeadings: {CreatedAt: 'CREATED AT', Size: 'SIZE', LocalVolumes: 'LOCAL VOLUMES'},
			format,
			...(quiet && {quiet: 'ID'}),
		});
	},
});
