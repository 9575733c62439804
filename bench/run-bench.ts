import {chmod, mkdtemp, readFile, rm} from 'node:fs/promises';
import os from 'node:os';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {messageOf} from '../source/engine/errors.js';
import {openEngine, type BenchEngine} from './bench-engine.js';
import {takeFigures, type Figure} from './figures.js';
import {Missing, type Measurement, type Site} from './measurement.js';
import {installPrograms} from './packages.js';
import {layOut} from './table.js';

const {values: {json, rounds, setup, timeline, help}, positionals: named} = parseArgs({
	allowPositionals: true,
	options: {
		json: {type: 'boolean', default: false},
		rounds: {type: 'string'},
		setup: {type: 'boolean', default: false},
		timeline: {type: 'boolean', default: false},
		help: {type: 'boolean', default: false},
	},
});

const positionals = timeline ? [...named, 'timeline'] : named;

const say = (text: string) => {
	process.stderr.write(`${text}\n`);
};

const usageOf = (script: string, measurements: readonly Measurement[]) => `Usage: npm run ${script} -- [--json] [--rounds N] [MEASUREMENT...]\n       npm run ${script} -- --setup installs the programs that are missing, and --timeline measures the parts of one start.\n\nMeasurements: ${measurements.map(({name}) => name).join(', ')}`;

const loadAverages = () => os.loadavg().map(average => average.toFixed(2)).join(', ');

/** The host of the figures. */
const hostFacts = async (loadBefore: string) => {
	const {version} = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {readonly version: string};
	return {
		date: new Date().toISOString(),
		holm: version,
		node: process.version,
		kernel: os.release(),
		processor: os.cpus()[0]?.model.trim() ?? os.arch(),
		cpus: os.availableParallelism(),
		memoryBytes: os.totalmem(),
		loadBefore,
		loadAfter: loadAverages(),
	};
};

/** Resources of a run, disposed at its end, also after a failure or a signal. */
const everything = new AsyncDisposableStack();
const interruption = new AbortController();
let engine: Promise<BenchEngine> | undefined;

const createSite = (stack: AsyncDisposableStack): Site => ({
	stack,
	async directory() {
		const directory = await mkdtemp('/tmp/hb-');
		stack.defer(async () => rm(directory, {recursive: true, force: true}));
		// Other programs read it as other users.
		await chmod(directory, 0o755);
		return directory;
	},
	async engine() {
		engine ??= openEngine(everything, interruption.signal);
		return engine;
	},
});

type Outcome = {readonly figures: readonly Figure[]; readonly missing: readonly string[]; readonly failures: readonly string[]};

const take = async (measurement: Measurement): Promise<Outcome> => {
	const {name} = measurement;
	const stack = everything.use(new AsyncDisposableStack());
	let outcome: Outcome;
	try {
		const opened = await measurement.open(createSite(stack));
		const count = rounds === undefined ? measurement.rounds : Number(rounds);
		const figures = opened.subjects.length === 0 ? [] : await takeFigures(measurement, opened, count);
		outcome = {figures, missing: opened.missing.map(reason => `${name}: ${reason}`), failures: []};
	} catch (error) {
		const line = `${name}: ${messageOf(error)}`;
		outcome = error instanceof Missing ? {figures: [], missing: [line], failures: []} : {figures: [], missing: [], failures: [line]};
	}

	try {
		await stack.disposeAsync();
		return outcome;
	} catch (error) {
		return {...outcome, failures: [...outcome.failures, `${name}: cleaning up: ${messageOf(error)}`]};
	}
};

const takeAll = async (script: string, measurements: readonly Measurement[]): Promise<number> => {
	const unknown = positionals.find(name => !measurements.some(measurement => measurement.name === name));
	const usage = usageOf(script, measurements);
	if (help || unknown !== undefined || (rounds !== undefined && !/^[1-9]\d{0,3}$/v.test(rounds))) {
		say(unknown === undefined ? usage : `There is no measurement ${JSON.stringify(unknown)}.\n${usage}`);
		return help ? 0 : 2;
	}

	if (setup) {
		await installPrograms(say);
		return 0;
	}

	const loadBefore = loadAverages();
	const outcomes: Outcome[] = [];
	const chosen = measurements.filter(({name}) => positionals.length === 0 || positionals.includes(name));
	for (const measurement of chosen) {
		interruption.signal.throwIfAborted();
		say(`${measurement.name} …`);
		outcomes.push(await take(measurement));
	}

	const figures = outcomes.flatMap(outcome => outcome.figures);
	const missing = outcomes.flatMap(outcome => outcome.missing);
	const failures = outcomes.flatMap(outcome => outcome.failures);
	const host = await hostFacts(loadBefore);
	process.stdout.write(json
		? `${JSON.stringify({host, figures, missing, failures}, undefined, '\t')}\n`
		: [
			`Holm ${host.holm}, Node ${host.node}, Linux ${host.kernel}, ${host.cpus} × ${host.processor}`,
			`Load average before ${host.loadBefore} and after ${host.loadAfter}`,
			'',
			layOut(figures),
			...missing.length > 0 ? ['', 'Not here:', ...missing.map(line => `  ${line}`)] : [],
			...failures.length > 0 ? ['', 'Failed:', ...failures.map(line => `  ${line}`)] : [],
			'',
		].join('\n'));
	return failures.length > 0 ? 1 : 0;
};

/** Runs the measurements named on the command line, by default all, and prints the figures. `script` is the name of the npm script. */
export const runBench = async (script: string, measurements: readonly Measurement[]): Promise<void> => {
	const interrupted = Promise.withResolvers<number>();
	for (const [signal, status] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) {
		process.once(signal, () => {
			say('Cleaning up …');
			interruption.abort();
			interrupted.resolve(status);
		});
	}

	let status = 1;
	try {
		status = await Promise.race([takeAll(script, measurements), interrupted.promise]);
	} catch (error) {
		say(messageOf(error));
	}

	try {
		await everything.disposeAsync();
	} catch (error) {
		say(`Cleaning up failed: ${messageOf(error)}`);
		status = 1;
	}

	// An interrupted measurement may still be waiting.

	process.exit(status);
};
