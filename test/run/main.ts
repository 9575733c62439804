/**
Runs all tests, prints the slowest files, and runs a file that failed once more by itself: one that then passes is listed as flaky.
*/
import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {glob, mkdtemp, readFile, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {failedFiles, shortName} from './failed-files.js';

const project = fileURLToPath(new URL('../../..', import.meta.url));
/** Chance fails one file or two; where more fail, the change is at fault, and the rest of its tests need not be waited for. */
const maximumAgain = 4;

const say = (line: string) => {
	process.stdout.write(`${line}\n`);
};

/** Longer than any test is silent. Ava waits without end for a process that does not end, once a test of any file has set a longer limit of its own. */
const silenceLimitMs = Number(process.env.HOLM_TEST_SILENCE_SECONDS ?? 240) * 1000;
/** For processes to write what they wait for. */
const answerMs = 2000;

/** A test file that began: its process, or its seconds once it has ended. */
type Begun = {readonly processId: number} | {readonly seconds: number};

/** By path from the directory of the project. */
const begunFiles = async (times: string): Promise<ReadonlyMap<string, Begun>> => {
	const lines = (await readFile(times, 'utf8').catch(() => '')).split('\n').filter(line => line !== '');
	return new Map(lines.map(line => {
		const {file, ...begun} = JSON.parse(line) as Begun & {readonly file: string};
		return [path.relative(project, fileURLToPath(file)), begun] as const;
	}));
};

/** Ends ava and the test files that do not end, and has each of these say what it waits for. */
const endSilent = async (child: ChildProcess, times: string): Promise<void> => {
	say(`\nNothing was reported for ${silenceLimitMs / 60_000} minutes, and ava is ended.`);
	const unended = [...await begunFiles(times)].flatMap(([, begun]) => 'processId' in begun ? [begun.processId] : []);
	const signal = (name: NodeJS.Signals) => {
		for (const processId of unended) {
			try {
				process.kill(processId, name);
			} catch {}
		}
	};

	signal('SIGUSR2');
	await delay(answerMs);
	child.kill('SIGKILL');
	signal('SIGKILL');
};

/** Runs ava over these files, or over all, shows its report and returns it with its success. */
const ava = async (files: readonly string[], times: string): Promise<{readonly isPassed: boolean; readonly report: string}> => {
	const child = spawn(process.execPath, [path.join(project, 'node_modules/ava/entrypoints/cli.js'), '--config', path.join(import.meta.dirname, 'ava-config.js'), ...files], {
		cwd: project,
		env: {...process.env, ...process.stdout.isTTY && {FORCE_COLOR: '1'}, HOLM_TEST_TIMES: times},
		stdio: ['inherit', 'pipe', 'inherit'],
	});
	let report = '';
	const silence = setTimeout(() => {
		void endSilent(child, times);
	}, silenceLimitMs);
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		silence.refresh();
		report += text;
		process.stdout.write(text);
	});
	const [code] = await once(child, 'close') as [number | null];
	clearTimeout(silence);
	return {isPassed: code === 0, report};
};

/** Whether each file passes, in the run of all or by itself. Runs them. */
const isAllPassing = async (times: string): Promise<boolean> => {
	const {isPassed, report} = await ava([], times);
	const begun = await begunFiles(times);
	const ended = [...begun].flatMap(([file, value]) => 'seconds' in value ? [[file, value.seconds] as const] : []);
	const slowest = ended.toSorted(([, one], [, other]) => other - one).slice(0, 10);
	say(`\nSlowest files:\n${slowest.map(([file, value]) => `${value.toFixed(0).padStart(6)} s  ${shortName(file)}`).join('\n')}`);
	if (isPassed || isInterrupted) {
		return isPassed;
	}

	const files = await Array.fromAsync(glob('dist/test/**/*.test.js', {cwd: project}));
	const {files: reported, unexplained} = failedFiles(report, files);
	const unended = [...begun].flatMap(([file, value]) => 'processId' in value ? [file] : []);
	if (unended.length > 0) {
		say(`\nNot ended: ${unended.map(file => shortName(file)).join(', ')}`);
	}

	const failed = [...new Set([...reported, ...unended])];
	if (unexplained.length > 0 || failed.length === 0 || failed.length > maximumAgain) {
		say(`\nNo file is run again: ${unexplained[0] ?? `${failed.length} files failed`}`);
		return false;
	}

	const flaky: string[] = [];
	const broken: string[] = [];
	for (const file of failed) {
		say(`\nOnce more by itself: ${shortName(file)}`);
		const again = await ava([file], times);
		(again.isPassed ? flaky : broken).push(file);
	}

	// Ava begins no further file when it is ended.
	const unrun = files.filter(file => !begun.has(file) && !failed.includes(file));
	if (unrun.length > 0) {
		say(`\nNot run yet: ${unrun.map(file => shortName(file)).join(', ')}`);
		const rest = await ava(unrun, times);
		broken.push(...rest.isPassed ? [] : unrun);
	}

	if (flaky.length > 0) {
		say(`\n${flaky.length} flaky, failed beside others and passed alone: ${flaky.map(file => shortName(file)).join(', ')}`);
	}

	return broken.length === 0;
};

let isInterrupted = false;
process.once('SIGINT', () => {
	// Ava has it from the terminal too, and ends by itself.
	isInterrupted = true;
});

const directory = await mkdtemp(path.join(os.tmpdir(), 'holm-test-times-'));
try {
	process.exitCode = await isAllPassing(path.join(directory, 'times')) ? 0 : 1;
} finally {
	await rm(directory, {recursive: true});
}
