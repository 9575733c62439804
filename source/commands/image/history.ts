import {defineCommand} from '../command.js';
import {timeAgo} from '../../text/durations.js';
import {shortId, tableTime, truncate} from '../print/fields.js';
import {listFlags, printRows} from '../print/rows.js';

const {quiet: quietFlag, format: formatFlag, noTrunc: noTruncFlag} = listFlags;

export const command = defineCommand({
	usage: 'IMAGE',
	flags: {quiet: quietFlag, format: formatFlag, noTrunc: noTruncFlag},
	async run(context, {quiet, format, noTrunc}, [reference = '']) {
		const engine = await context.engine();
		const {id, history} = await engine.image(reference);
		const now = context.now();
		const rows = history.toReversed().map(({createdAt, createdBy, comment}, index) => ({
			ID: index === 0 ? shortId(id, noTrunc) : '<missing>',
			CreatedSince: timeAgo(createdAt, now),
			CreatedAt: tableTime(createdAt),
			CreatedBy: truncate(createdBy, 45, noTrunc),
			Comment: comment,
		}));
		await printRows(context, rows, {
			columns: {
				ID: 'IMAGE', CreatedSince: 'CREATED', CreatedBy: 'CREATED BY', Comment: 'COMMENT',
			},
			moreHeadings: {CreatedAt: 'CREATED AT'},
			format,
			...(quiet && {quiet: 'ID'}),
		});
	},
});
