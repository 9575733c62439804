/**
Runs all tests, prints the slowest files, and runs a file that failed once more by itself: one that then passes is listed as flaky.
*/
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {glob, mkdtemp, readFile, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {failedFiles, shortName} from './failed-files.js';

const project = fileURLToPath(new URL('../../..', import.meta.url));
/** Chance fails one file or two; where more fail, the change is at fault, and the rest of its tests need not be waited for. */
const maximumAgain = 4;

const say = (line: string) => {
	process.stdout.write(`${line}\n`);
};

/** Longer than any test is silent. Ava itself may wait without end for a process that a test which failed has kept from ending. */
const silenceLimitMs = 6 * 60_000;

/** Runs ava over these files, or over all, shows its report and returns it with its success. */
const ava = async (files: readonly string[], times: string): Promise<{readonly isPassed: boolean; readonly report: string}> => {
	const child = spawn(process.execPath, [path.join(project, 'node_modules/ava/entrypoints/cli.js'), '--config', path.join(import.meta.dirname, 'ava-config.js'), ...files], {
		cwd: project,
		env: {...process.env, ...process.stdout.isTTY && {FORCE_COLOR: '1'}, HOLM_TEST_TIMES: times},
		stdio: ['inherit', 'pipe', 'inherit'],
	});
	let report = '';
	const silence = setTimeout(() => {
		say(`\nNothing was reported for ${silenceLimitMs / 60_000} minutes, and ava is ended.`);
		child.kill('SIGKILL');
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

const secondsByFile = async (times: string): Promise<ReadonlyMap<string, number>> => {
	const lines = (await readFile(times, 'utf8').catch(() => '')).split('\n').filter(line => line !== '');
	return new Map(lines.map(line => {
		const [address, seconds] = JSON.parse(line) as [string, number];
		return [path.relative(project, fileURLToPath(address)), seconds] as const;
	}));
};

/** Whether each file passed, in the run of all or by itself. */
const runAll = async (times: string): Promise<boolean> => {
	const {isPassed, report} = await ava([], times);
	const seconds = await secondsByFile(times);
	const slowest = [...seconds].toSorted(([, one], [, other]) => other - one).slice(0, 10);
	say(`\nSlowest files:\n${slowest.map(([file, value]) => `${value.toFixed(0).padStart(6)} s  ${shortName(file)}`).join('\n')}`);
	if (isPassed || isInterrupted) {
		return isPassed;
	}

	const files = await Array.fromAsync(glob('dist/test/**/*.test.js', {cwd: project}));
	const {files: failed, unexplained} = failedFiles(report, files);
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
	const unrun = files.filter(file => !seconds.has(file) && !failed.includes(file));
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
	process.exitCode = await runAll(path.join(directory, 'times')) ? 0 : 1;
} finally {
	await rm(directory, {recursive: true});
}
