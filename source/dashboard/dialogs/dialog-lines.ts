import type {Failure} from '../work/execute.js';
import type {KeyMaps} from '../keys/key-maps.js';
import {describeKey} from '../keys/keys.js';
import {
	commandsOf,
	stepsOf,
	type Plan,
	type PlanItem,
} from '../work/plan.js';
import {stepTitle} from '../work/result.js';
import {widthOf} from '../../text/width.js';
import {clean, fit, wrapWords} from '../../text/fit.js';
import type {Theme} from '../frame/theme.js';

/** What has changed, then items, consequences and commands of a plan, in lines of at most `width` columns. Several steps are numbered. */
export const planLines = (plan: Plan, width: number, theme: Theme, changes: readonly string[] = []): readonly string[] => {
	const {ellipsis} = theme.glyphs;
	const steps = stepsOf(plan);
	const nameWidth = Math.min(28, Math.max(...steps.flatMap(({items}) => items.map(({name}) => widthOf(clean(name))))));
	const itemLine = ({name, details}: PlanItem) =>
		`${theme.paint('warning', fit(clean(name), nameWidth, {ellipsis}))}  ${fit(details.map(detail => clean(detail)).join(', '), width - nameWidth - 2, {ellipsis})}`;
	return [
		...changes.length === 0 ? [] : [...wrapWords(`Changed since you were asked: ${changes.map(change => clean(change)).join('; ')}.`, width).map(line => theme.paint('bad', line)), ''],
		...steps.flatMap((step, index) => [
			...steps.length === 1 ? [] : [theme.paint('heading', fit(clean(`${index + 1}. ${stepTitle(step)}`), width, {ellipsis}))],
			...step.items.map(item => itemLine(item)),
		]),
		'',
		...plan.consequences.flatMap(text => wrapWords(clean(text), width)),
		'',
		...commandsOf(plan).flatMap(command => wrapWords(clean(command), width).map(line => theme.paint('dim', line))),
	];
};

/** Error messages with their remedies. */
export const failureLines = (failures: readonly Failure[], width: number, theme: Theme) => failures.flatMap(({name, message, remedy}) => [
	...(failures.length > 1 ? [theme.paint('title', fit(clean(name), width))] : []),
	...wrapWords(clean(message), width).map(line => theme.paint('bad', line)),
	...(remedy === undefined ? [] : wrapWords(clean(remedy), width)),
	'',
]);

const places: Readonly<Record<keyof KeyMaps, string>> = {
	global: 'Everywhere',
	list: 'Lists',
	textView: 'Topology, addresses, machine',
	containers: 'Containers',
	networks: 'Networks',
	logs: 'Logs',
	inspect: 'Inspect',
	images: 'Images',
	volumes: 'Volumes',
	dns: 'DNS records',
	events: 'Events',
	activity: 'Activity',
	dialog: 'Dialogs',
};

/** All keys; those of the current place come first. */
export const helpLines = (keyMaps: KeyMaps, place: keyof KeyMaps, width: number, theme: Theme): readonly string[] => {
	const order = [place, ...(Object.keys(places) as Array<keyof KeyMaps>).filter(name => name !== place)];
	return order.flatMap(name => [
		theme.paint('heading', fit(places[name], width)),
		...keyMaps[name].filter(({keys}) => keys.length > 0).map(({keys, title}) =>
			`${theme.paint('key', fit(keys.map(key => describeKey(key, theme.borders.vertical === '|')).join(' '), 24))}${fit(title, width - 24, {ellipsis: theme.glyphs.ellipsis})}`),
		'',
	]);
};
