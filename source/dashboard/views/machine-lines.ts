import type {Container} from '../../engine/resources.js';
import {builderLines} from '../builder/builder-lines.js';
import type {ContainerRow} from '../builder/builder-row.js';
import {stateText} from '../containers/rows.js';
import {scaleOf, shortBytes, shortPercent, sparkline} from '../../text/measures.js';
import type {Size} from '../frame/lines.js';
import {clean, fit} from '../../text/fit.js';
import type {Theme} from '../frame/theme.js';
import type {ResourceUsage} from '../state/resource-usage.js';

const label = 10;

/** The phases of the last start, as bars on a common time scale. */
export const waterfallLines = ({phases}: NonNullable<Container['machine']>, {width}: Pick<Size, 'width'>, theme: Theme): readonly string[] => {
	const end = Math.max(1, ...phases.map(({endMs}) => endMs));
	const room = Math.max(8, width - label - 20);
	return phases.map(({name, startMs, endMs}) => {
		const from = Math.floor(startMs / end * room);
		const length = Math.max(1, Math.round((endMs - startMs) / end * room));
		const bar = ' '.repeat(Math.min(from, room - 1)) + theme.glyphs.full.repeat(Math.max(1, Math.min(length, room - from)));
		return `${fit(name, label)}${theme.paint('accent', fit(bar, room))}${fit(`${Math.round(endMs - startMs)} ms`, 10, {align: 'right'})}${fit(`@${Math.round(startMs)}`, 9, {align: 'right'})}`;
	});
};

const usageLines = ({cpuPercent, cpuHistory, memoryBytes, memoryLimitBytes, hostMemoryBytes, memoryHistory, receivedPerSecond, sentPerSecond, trafficHistory}: ResourceUsage, cpus: number, {width}: Pick<Size, 'width'>, theme: Theme): readonly string[] => {
	const room = Math.max(10, Math.min(60, width - label - 44));
	const traffic = scaleOf(trafficHistory, 1024);
	const line = (name: string, values: readonly number[], most: number, text: string) =>
		`${fit(name, label)}${theme.paint('good', sparkline(values, {width: room, most, sparks: theme.sparks}))}  ${fit(text, Math.max(0, width - label - room - 2))}`;
	return [
		line('CPU', cpuHistory, cpus * 100, `${cpuPercent === undefined ? '' : shortPercent(cpuPercent)}, full bar ${cpus * 100}% (${cpus} CPU)`),
		line('memory', memoryHistory, memoryLimitBytes, `${shortBytes(memoryBytes)} in the container, full bar ${shortBytes(memoryLimitBytes)}`),
		...(hostMemoryBytes === undefined ? [] : [`${fit('host', label)}${fit(`${shortBytes(hostMemoryBytes)} of host memory, pages shared with other machines included`, width - label)}`]),
		line('traffic', trafficHistory, traffic, `${shortBytes(receivedPerSecond)}/s in, ${shortBytes(sentPerSecond)}/s out, full bar ${shortBytes(traffic)}/s`),
	];
};

/** Machine, last start and usage of a container. */
export const machineLines = (container: ContainerRow, usage: ResourceUsage | undefined, size: Size, theme: Theme): readonly string[] => {
	const {width} = size;
	const {machine, builder} = container;
	const heading = (text: string) => theme.paint('heading', fit(text, width));
	return [
		`${theme.paint('title', clean(container.name))}  ${stateText(container)}`,
		'',
		...(builder ? builderLines(builder, size, theme) : []),
		...(machine
			? [
				heading('Machine'),
				fit(`${fit('runs on', label)}${machine.accelerator === 'tcg' ? 'tcg: emulated, without hardware virtualisation' : machine.accelerator}`, width),
				fit(`${fit('size', label)}${machine.cpus} CPU, ${shortBytes(machine.memoryBytes)} of memory`, width),
				fit(`${fit('kernel', label)}${clean(machine.kernel)}`, width),
				'',
				heading(`Last start: ${Math.round(Math.max(0, ...machine.phases.map(({endMs}) => endMs)))} ms`),
				...waterfallLines(machine, size, theme),
			]
			: [theme.paint('dim', 'This engine has no machines')]),
		'',
		...(usage ? [heading('Usage'), ...usageLines(usage, machine?.cpus ?? 1, size, theme)] : [theme.paint('dim', container.status.state === 'running' ? 'No statistics yet' : 'Not running')]),
	];
};
