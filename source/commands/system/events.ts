import type {EngineEvent} from '../../engine/resources.js';
import {defineCommand} from '../command.js';
import {filterFlag, parseFilters} from '../filters.js';
import {parseTime} from '../../flags/times.js';
import {escapeControls, forOutput} from '../../text/escape.js';
import {compileTemplate} from '../print/go-template.js';
import {write} from '../../terminal/streams.js';

/** Docker's form of an event, for `--format`. */
const fieldsOf = ({time, type, action, id, attributes}: EngineEvent) => ({
	Type: type,
	Action: action,
	Status: action,
	ID: id,
	Actor: {ID: id, Attributes: attributes},
	Time: Math.floor(time / 1000),
	TimeNano: time * 1_000_000,
});

/** An event as one line: time, type, action, id and attributes. */
export const eventLine = ({time, type, action, id, attributes}: EngineEvent): string => {
	const details = Object.entries(attributes).toSorted(([a], [b]) => a < b ? -1 : 1).map(([key, value]) => `${key}=${value}`).join(', ');
	return escapeControls(`${new Date(time).toISOString().replace('Z', '000000Z')} ${type} ${action} ${id}${details === '' ? '' : ` (${details})`}`);
};

export const command = defineCommand({
	usage: '',
	flags: {
		since: {type: 'string', value: 'TIME', description: 'Start time: 10m (ago), 2026-02-25T10:00:00Z or Unix seconds'},
		until: {type: 'string', value: 'TIME', description: 'End time, like --since'},
		filter: filterFlag,
		format: {type: 'string', value: 'TEMPLATE', description: '"json" or a Go template such as {{.Action}}'},
	},
	async run(context, {since, until, filter, format}) {
		const now = context.now();
		const render = format === undefined || format === 'json' ? undefined : compileTemplate(format);
		const options = {
			filters: parseFilters(filter),
			...(since !== undefined && {since: parseTime('--since', since, now)}),
			...(until !== undefined && {until: parseTime('--until', until, now)}),
		};
		const engine = await context.engine();
		for await (const event of engine.events(options)) {
			const line = render ? render(fieldsOf(event), {strict: true}) : (format === 'json' ? JSON.stringify(fieldsOf(event)) : eventLine(event));
			await write(context.stdout, `${forOutput(context.stdout, line)}\n`);
		}
	},
});
