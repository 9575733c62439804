import {
	mkdir,
	readFile,
	realpath,
	stat,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type {BuildOptions} from '../../engine/build.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import {loopbackRegistriesIn, registryOf, tagName} from '../../rules/images/reference.js';
import {registriesConfiguration, writeCredentials, type Buildah} from './buildah.js';
import {limitFlags} from './inherited-limits.js';
import {printable} from './printable.js';
import {ProgramError} from './output-lines.js';
import {registryError} from './transfer.js';

/** Recipes and lists of ignored files are read as a whole, by buildah too. */
const maximumTextBytes = 4 * 1024 * 1024;

/** The path of a text of the context whose links have been followed; undefined when there is none. Throws `invalid` for what is no file or lies outside. */
const textWithin = async (root: string, name: string, remedy: string): Promise<string | undefined> => {
	const file = await realpath(path.resolve(root, name)).catch(() => undefined);
	if (file === undefined) {
		return undefined;
	}

	// A link in a context that a client sent may point at any file of the host.
	const status = await stat(file);
	if (!status.isFile() || !file.startsWith(`${root}/`)) {
		throw new HolmError('invalid', `"${printable(name)}" is not a file within the build context`, {remedy});
	}

	if (status.size > maximumTextBytes) {
		throw new HolmError('invalid', `"${printable(name)}" is larger than ${maximumTextBytes / 1024 ** 2} MiB`, {remedy});
	}

	return file;
};

/** The recipe within the context; throws `invalid` when there is none or it lies outside, or what it says to ignore does. */
const recipeOf = async (context: string, file: string | undefined): Promise<string> => {
	const root = await realpath(context);
	for (const name of file === undefined ? ['Dockerfile', 'Containerfile'] : [file]) {
		const recipe = await textWithin(root, name, 'name a Dockerfile below the context directory');
		if (recipe === undefined) {
			continue;
		}

		// Buildah opens the first of these that is there.
		for (const base of [`${path.relative(root, recipe)}.`, '.']) {
			for (const kind of ['containerignore', 'dockerignore']) {
				await textWithin(root, `${base}${kind}`, 'put the list itself there');
			}
		}

		return recipe;
	}

	throw new HolmError('invalid', `The build context has no ${file === undefined ? 'Dockerfile or Containerfile' : `"${printable(file)}"`}`, {remedy: 'name the Dockerfile with --file'});
};

const assertName = (name: string, what: string): void => {
	if (name === '' || name.includes('\0') || /[\n=]/v.test(name)) {
		throw new HolmError('invalid', `"${printable(name.slice(0, 100))}" is not a ${what}`);
	}
};

const pairs = (flag: string, what: string, values: Readonly<Record<string, string>>): readonly string[] =>
	Object.entries(values).flatMap(([name, value]) => {
		assertName(name, what);
		return [flag, `${name}=${value}`];
	});

/** What a build that failed says: the step it was at, as its recipe has it, and the reason. */
export const buildError = (error: unknown, step: {readonly position: string; readonly text: string} | undefined): HolmError => {
	if (!(error instanceof ProgramError)) {
		return error instanceof HolmError ? error : new HolmError('internal', `Build failed: ${messageOf(error)}`, {remedy: 'holm system logs may say more', cause: error});
	}

	if (error.code === 'unavailable') {
		return error;
	}

	const said = (error.lines.findLast(line => line.startsWith('Error: ')) ?? error.lines.at(-1) ?? `exit status ${error.exitCode}`).replace(/^Error: /v, '');
	const marker = step && `building at STEP "${step.text}": `;
	const reason = marker && said.includes(marker) ? said.slice(said.indexOf(marker) + marker.length) : said.replace(/^(?:error )?building at STEP ".*?": /v, '');
	const plain = reason
		.replace(/^(?:error )?while running runtime: /v, '')
		.replace(/ &imagebuilder\.Step\{.*$/v, '')
		.replace(/checking on sources under "[^"]*": copier: stat: /v, 'not in the build context: ');
	const where = step ? ` at step ${step.position}, ${step.text}` : '';
	if (/initializing source |pinging container registry/v.test(plain)) {
		return registryError(printable(`Build failed${where}`), error);
	}

	return new HolmError('invalid', printable(`Build failed${where}: ${plain}`), {remedy: step ? 'mend that step of the Dockerfile' : 'mend the Dockerfile, or what was asked of it', cause: error});
};

/** The builds on one storage. Leftovers of a killed build can be told from the work of others only when no build runs. */
type BuildActivity = {running: number; hasStrays: boolean; cleaning?: Promise<void>};

const activities = new WeakMap<Buildah, BuildActivity>();

const activityOf = (buildah: Buildah): BuildActivity => {
	const activity = activities.get(buildah) ?? {running: 0, hasStrays: false};
	activities.set(buildah, activity);
	return activity;
};

/** Working containers of builds that were killed; those of base disks are named. */
const removeStrays = async (buildah: Buildah): Promise<void> => {
	const containers = JSON.parse(await buildah.run(['containers', '--json']) || '[]') as ReadonlyArray<{readonly id: string; readonly containername: string}> | undefined;
	const strays = (containers ?? []).filter(({containername}) => !containername.startsWith('holm-')).map(({id}) => id);
	if (strays.length > 0) {
		await buildah.run(['rm', ...strays]);
	}
};

/** Clears up after builds that failed, once none runs. Where that fails it is tried again before the next build, which need not fail for it. */
const clean = async (activity: BuildActivity, buildah: Buildah): Promise<void> => {
	if (activity.running === 0 && activity.hasStrays) {
		activity.cleaning ??= removeStrays(buildah).then(() => {
			activity.hasStrays = false;
		}, () => undefined).finally(() => {
			activity.cleaning = undefined;
		});
	}

	await activity.cleaning;
};

/**
The commands of a build run in a container that crun makes, not below a mere chroot: a root of its own that has no way up, and of the host's devices only the harmless ones.

CAP_SYS_CHROOT stays, for apk enters its root before each script of a package and fails without.
*/
const containment = (work: string): readonly string[] => [
	'--isolation',
	'oci',
	'--runtime',
	'crun',
	'--runtime-flag',
	`root=${path.join(work, 'runtime')}`,
	// Limits of their own are not asked for, and not every host lets control groups be made.
	'--runtime-flag',
	'cgroup-manager=disabled',
	// Those of the host would be writable.
	'--volume',
	`${path.join(work, 'nothing')}:/sys/fs/cgroup:ro`,
	'--network',
	'host',
	'--cap-drop',
	'CAP_MKNOD',
	'--cap-drop',
	'CAP_NET_RAW',
];

/** `loopback` are the registries on this host that the recipe names. */
type BuildCommand = {readonly arguments: readonly string[]; readonly loopback: readonly string[]};

const buildArguments = async (work: string, context: string, options: BuildOptions): Promise<BuildCommand> => {
	const recipe = await recipeOf(context, options.file);
	const {credentials = []} = options;
	return {
		loopback: loopbackRegistriesIn([await readFile(recipe, 'utf8'), ...Object.values(options.buildArguments)].join('\n')),
		arguments: [
			...containment(work),
			'--format',
			'docker',
			'--layers',
			'--force-rm',
			'--identity-label=false',
			...limitFlags(await readFile('/proc/self/limits', 'utf8')),
			options.noCache ? '--no-cache' : '--no-cache=false',
			options.pull ? '--pull=true' : '--pull=false',
			'--iidfile',
			path.join(work, 'id'),
			'--file',
			recipe,
			...options.tags.flatMap(tag => ['--tag', tagName(tag)]),
			...pairs('--build-arg', 'build argument', options.buildArguments),
			...pairs('--label', 'label', options.labels),
			...(options.target === undefined ? [] : ['--target', options.target]),
			...(credentials.length > 0 ? ['--authfile', await writeCredentials(work, new Map(credentials.map(each => [registryOf(each.server), each])))] : []),
		],
	};
};

const runtimeNoise = /^subprocess exited with status \d+$/v;

/**
Builds an image from a directory, step by step; the last progress has the image's id.

Throws `invalid`, naming the step and its reason, when a step fails, and `unavailable` when the disk is full or `signal` aborts. Nothing is left of a build that failed but the cache of the steps that did not.

@yields Output as it comes, with line feeds, then the image's id.
*/
export async function * build(buildah: Buildah, contextDirectory: string, options: BuildOptions): AsyncGenerator<Progress, void> {
	const activity = activityOf(buildah);
	await clean(activity, buildah);
	activity.running++;
	const work = await buildah.scratch();
	let step: {position: string; text: string} | undefined;
	let isDone = false;
	try {
		const {arguments: arguments_, loopback} = await buildArguments(work, contextDirectory, options);
		const registries = path.join(work, 'registries.conf');
		await writeFile(registries, registriesConfiguration(loopback));
		await mkdir(path.join(work, 'temporary'));
		await mkdir(path.join(work, 'nothing'));
		const environment = {TMPDIR: path.join(work, 'temporary'), CONTAINERS_REGISTRIES_CONF: registries};
		const lines = buildah.lines(['build', ...buildah.policyArguments, ...arguments_, contextDirectory], {environment, signal: options.signal, confined: true});
		for await (const {stream, text} of lines) {
			const match = stream === 'stdout' ? /^(?:\[\d+\/\d+\] )?STEP (?<position>\d+\/\d+): (?<text>.*)$/v.exec(text) : undefined;
			if (match) {
				step = {position: match.groups!.position!, text: match.groups!.text!};
			}

			// The failure itself is thrown; buildah's own line about it would say it twice.
			if (stream === 'stdout' || !(runtimeNoise.test(text) || text.startsWith('Error: '))) {
				yield {text: `${text}\n`};
			}
		}

		isDone = true;
		const id = await readFile(path.join(work, 'id'), 'utf8');
		yield {imageId: id.trim()};
	} catch (error) {
		throw options.signal?.aborted ? new HolmError('unavailable', 'Build cancelled', {cause: error}) : buildError(error, step);
	} finally {
		activity.running--;
		activity.hasStrays ||= !isDone;
		await clean(activity, buildah);
		await buildah.removeScratch(work);
	}
}
