import type {Failure} from '../work/execute.js';
import type {KeyMaps} from '../keys/key-maps.js';
import {describeKey} from '../keys/keys.js';
import type {Plan} from '../work/plan.js';
import {clean, fit, wrapWords} from '../../text/fit.js';
import type {Theme} from '../frame/theme.js';

/** Items, consequences and command of a plan, in lines of at most `width` columns. */
export const planLines = ({items, consequences, command}: Plan, width: number, theme: Theme): readonly string[] => {
	const nameWidth = Math.min(28, Math.max(...items.map(({name}) => clean(name).length)));
	return [
		...items.map(({name, details}) => `${theme.paint('warning', fit(clean(name), nameWidth, {ellipsis: theme.glyphs.ellipsis}))}  ${fit(details.map(detail => clean(detail)).join(', '), width - nameWidth - 2, {ellipsis: theme.glyphs.ellipsis})}`),
		'',
		...consequences.flatMap(text => wrapWords(clean(text), width)),
		'',
		...wrapWords(clean(command), width).map(line => theme.paint('dim', line)),
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
