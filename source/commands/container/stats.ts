import {setTimeout as delay} from 'node:timers/promises';
import type {Engine} from '../../engine/engine.js';
import {asHolmError} from '../../engine/errors.js';
import type {Container, ContainerStats} from '../../engine/resources.js';
import {defineCommand, type Context} from '../command.js';
import {listFlags, renderRows, type RowOptions} from '../print/rows.js';
import {statsRow, type Readings} from '../print/stats-rows.js';

const columns = {
	ID: 'CONTAINER ID', Name: 'NAME', CPUPerc: 'CPU %', MemUsage: 'MEM USAGE / LIMIT', MemPerc: 'MEM %', HostMem: 'HOST MEM', NetIO: 'NET I/O', BlockIO: 'BLOCK I/O', PIDs: 'PIDS',
};

const clear = '\u{1B}[H\u{1B}[J';

const readTwice = async (engine: Engine, {id, name, status}: Container): Promise<Readings> => {
	if (status.state !== 'running') {
		return {id, name};
	}

	// CPU usage takes two readings.
	const controller = new AbortController();
	const readings: ContainerStats[] = [];
	try {
		for await (const reading of engine.stats(id, {stream: true, signal: controller.signal})) {
			readings.push(reading);
			if (readings.length === 2) {
				break;
			}
		}
	} catch (error) {
		if (asHolmError(error).code !== 'not-found') {
			throw error;
		}
	} finally {
		controller.abort();
	}

	return {
		id, name, previous: readings.at(-2), current: readings.at(-1),
	};
};

type Selection = {readonly references: readonly string[]; readonly all: boolean};

const select = async (engine: Engine, {references, all}: Selection): Promise<readonly Container[]> =>
	references.length > 0 ? Promise.all(references.map(async reference => engine.container(reference))) : engine.containers({all});

/** Reads a container; its previous reading is a second old. */
const readOnce = async (engine: Engine, {id, name, status}: Container, previous: ContainerStats | undefined): Promise<Readings> => {
	if (status.state !== 'running') {
		return {id, name};
	}

	try {
		const readings = await Array.fromAsync(engine.stats(id, {stream: false}));
		return {
			id, name, previous, current: readings[0],
		};
	} catch {
		// It has just ended; the next round notices.
		return {id, name};
	}
};

/** Prints a table every second until interrupted. */
const watch = async (
	context: Context,
	engine: Engine,
	selection: Selection,
	render: (readings: readonly Readings[]) => Promise<string>,
): Promise<never> => {
	let readings: readonly Readings[] = [];
	for (;;) {
		const containers = await select(engine, selection);
		const last = new Map(readings.map(({id, current}) => [id, current]));
		readings = await Promise.all(containers.map(async container => readOnce(engine, container, last.get(container.id))));
		const text = await render(readings);
		context.stdout.write((context.stdout.isTTY ? clear : '') + text);
		await delay(1000);
	}
};

export const command = defineCommand({
	usage: '[CONTAINER...]',
	flags: {
		all: {type: 'boolean', shortFlag: 'a', description: 'Show stopped containers, too'},
		noStream: {type: 'boolean', description: 'Print once and exit'},
		format: listFlags.format,
		noTrunc: listFlags.noTrunc,
	},
	async run(context, {all, noStream, format, noTrunc}, references) {
		const options: RowOptions = {columns, format};
		const render = async (readings: readonly Readings[]) =>
			renderRows(readings.map(reading => statsRow(reading, noTrunc)), options, context.stdout.isTTY === true);
		// A malformed format fails before any wait.
		await render([]);
		const engine = await context.engine();
		const selection = {references, all};
		if (!noStream) {
			return watch(context, engine, selection, render);
		}

		const containers = await select(engine, selection);
		const readings = await Promise.all(containers.map(async container => readTwice(engine, container)));
		context.stdout.write(await render(readings));
		return 0;
	},
});
