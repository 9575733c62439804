import {defineCommand} from '../command.js';
import {filterFlag, parseFilters} from '../filters.js';
import {labelFields, tableTime} from '../print/fields.js';
import {listFlags, printRows} from '../print/rows.js';

const {quiet: quietFlag, format: formatFlag} = listFlags;

export const command = defineCommand({
	usage: '',
	flags: {filter: filterFlag, quiet: quietFlag, format: formatFlag},
	async run(context, {filter, format, quiet}) {
		const engine = await context.engine();
		const volumes = await engine.volumes(parseFilters(filter));
		await printRows(context, volumes.map(({name, mountpoint, createdAt, labels}) => ({
			Driver: 'local',
			Name: name,
			Mountpoint: mountpoint,
			Scope: 'local',
			CreatedAt: tableTime(createdAt),
			...labelFields(labels),
		})), {
			columns: {Driver: 'DRIVER', Name: 'VOLUME NAME'},
			moreHeadings: {CreatedAt: 'CREATED AT'},
			format,
			...(quiet && {quiet: 'Name'}),
		});
	},
});
