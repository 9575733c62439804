/**
Runs all tests, prints the slowest files, and runs each failed file once more alone. If it passes then, it is listed as flaky.
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
/** One or two files may fail by chance. If more fail, the change is at fault, and they are not run again. */
const maximumAgain = 4;

const say = (line: string) => {
	process.stdout.write(`${line}\n`);
};

/** Longer than any test is silent. Once a test has set its own longer limit, ava waits forever for a process that does not end. */
const silenceLimitMs = Number(process.env.HOLM_TEST_SILENCE_SECONDS ?? 240) * 1000;
/** Time for processes to write what they wait for. */
const answerMs = 2000;

/** A test file that has started: its process, or its seconds once it has ended. */
type Begun = {readonly processId: number} | {readonly seconds: number};

/** By path relative to the project. */
const begunFiles = async (times: string): Promise<ReadonlyMap<string, Begun>> => {
	const lines = (await readFile(times, 'utf8').catch(() => '')).split('\n').filter(line => line !== '');
	return new Map(lines.map(line => {
		const {file, ...begun} = JSON.parse(line) as Begun & {readonly file: string};
		return [path.relative(project, fileURLToPath(file)), begun] as const;
	}));
};

/** Ends ava and hanging test files, and makes each of these report what it waits for. */
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

/** Runs ava on these files, or on all, prints its report and resolves with it. */
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

/** Runs all files. Resolves with whether each one passed, in the full run or alone. */
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

	// Ava starts no further files after it was ended.
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
	// Ava gets the signal from the terminal too, and ends.
	isInterrupted = true;
});

const directory = await mkdtemp(path.join(os.tmpdir(), 'holm-test-times-'));
try {
	process.exitCode = await isAllPassing(path.join(directory, 'times')) ? 0 : 1;
} finally {
	await rm(directory, {recursive: true});
}
