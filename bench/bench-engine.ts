import {
	chmod,
	copyFile,
	mkdir,
	mkdtemp,
	rm,
	symlink,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {findCommand} from '../source/host/setup/programs.js';
import {run, type RunResult} from '../source/host/run.js';
import {pathsOf, type Paths} from '../source/host/store/paths.js';
import {Missing} from './measurement.js';

/** The image of all containers here: only busybox. */
export const image = 'bench';

/** A container that does nothing. */
export const idleCommand = ['sleep', '1000000'];

/** An engine of the benchmark's own. */
export type BenchEngine = {
	readonly paths: Paths;
	/** Directory that `image` is built from. */
	readonly context: string;
	/** `holm …` on this engine. */
	readonly holm: (...arguments_: readonly string[]) => Promise<RunResult>;
	/** Starts an idle container and resolves with its id. */
	readonly start: (...flags: readonly string[]) => Promise<string>;
	readonly remove: (ids: readonly string[]) => Promise<void>;
};

const cli = fileURLToPath(new URL('../cli.js', import.meta.url));
const applets = ['cat', 'dd', 'httpd', 'mkdir', 'sh', 'sleep', 'true'];

/** The build context of `image`: a file system of one static program. */
const makeContext = async (directory: string) => {
	const busybox = await findCommand('busybox');
	if (!busybox) {
		throw new Missing('busybox is not installed');
	}

	const bin = path.join(directory, 'bin');
	await mkdir(bin, {recursive: true});
	await copyFile(busybox, path.join(bin, 'busybox'));
	await Promise.all(applets.map(async applet => symlink('busybox', path.join(bin, applet))));
	await writeFile(path.join(directory, 'Dockerfile'), 'FROM scratch\nCOPY bin /bin\n');
};

/** Starts an engine in a temporary directory with a short path; `stack` stops and removes it, and `signal` aborts its commands. Runs one container first, so that the engine is warm. */
export const openEngine = async (stack: AsyncDisposableStack, signal: AbortSignal): Promise<BenchEngine> => {
	if (process.platform !== 'linux' || process.getuid?.() !== 0) {
		throw new Missing('an engine needs Linux and root');
	}

	const directory = await mkdtemp('/tmp/hb-');
	stack.defer(async () => rm(directory, {recursive: true, force: true}));
	// VMs run as other users.
	await chmod(directory, 0o711);
	const root = path.join(directory, 'r');
	const context = path.join(directory, 'context');
	await makeContext(context);
	// As a user's commands: those that begin with a flag start otherwise.
	const environment = {HOLM_ROOT: root};
	// A command would restart a stopped engine.
	const holm = async (...arguments_: readonly string[]) => run(process.execPath, [cli, ...arguments_], {signal, environment});
	stack.defer(async () => {
		await run(process.execPath, [cli, 'system', 'stop', '--all', '--force'], {environment});
	});
	// No build, which would need a second machine.
	const archive = path.join(directory, 'image.tar');
	await run('tar', ['--create', '--file', archive, '--directory', context, 'bin']);
	await holm('import', archive, image);
	await holm('run', '--rm', image, 'true');
	return {
		paths: pathsOf(root),
		context,
		holm,
		async start(...flags) {
			const {stdout} = await holm('run', '--detach', ...flags, image, ...idleCommand);
			return stdout.trim();
		},
		async remove(ids) {
			if (ids.length > 0) {
				await holm('rm', '--force', ...ids);
			}
		},
	};
};
