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
import {
	conclusionOf,
	execForm,
	failedCommand,
	hereDocumentIn,
} from '../../rules/images/build-texts.js';
import {assertExtraHost} from '../../rules/containers/validate-container.js';
import {loopbackRegistriesIn, registryOf, tagName} from '../../rules/images/reference.js';
import {registriesConfiguration, writeCredentials, type Buildah} from './buildah.js';
import {applyIgnoreFile} from './ignored-files.js';
import {limitFlags} from './inherited-limits.js';
import {printable} from './printable.js';
import {ProgramError} from './output-lines.js';
import {registryError} from './transfer.js';

/** Limit for Dockerfiles and ignore files, which buildah reads into memory too. */
const maximumTextBytes = 4 * 1024 * 1024;

/** The real path of a text file in the context; undefined if there is none. Throws `invalid` if it is not a file or is outside the context. */
const textWithin = async (root: string, name: string, remedy: string): Promise<string | undefined> => {
	const file = await realpath(path.resolve(root, name)).catch(() => undefined);
	if (file === undefined) {
		return undefined;
	}

	// A symbolic link in a client's context may point to any file of the host.
	const status = await stat(file);
	if (!status.isFile() || !file.startsWith(`${root}/`)) {
		throw new HolmError('invalid', `"${printable(name)}" is not a file within the build context`, {remedy});
	}

	if (status.size > maximumTextBytes) {
		throw new HolmError('invalid', `"${printable(name)}" is larger than ${maximumTextBytes / 1024 ** 2} MiB`, {remedy});
	}

	return file;
};

/** The Dockerfile of a build, and its list of ignored files if it has one. Paths are real. */
type Recipe = {readonly root: string; readonly recipe: string; readonly ignoreFile: string | undefined};

/** Finds the Dockerfile within the context. Throws `invalid` if there is none, or if it or its ignore file is outside the context. */
const recipeOf = async (context: string, file: string | undefined): Promise<Recipe> => {
	const root = await realpath(context);
	for (const name of file === undefined ? ['Dockerfile', 'Containerfile'] : [file]) {
		const recipe = await textWithin(root, name, 'name a Dockerfile below the context directory');
		if (recipe === undefined) {
			continue;
		}

		let ignoreFile: string | undefined;
		// The first of these counts.
		for (const base of [`${path.relative(root, recipe)}.`, '.']) {
			for (const kind of ['containerignore', 'dockerignore']) {
				const found = await textWithin(root, `${base}${kind}`, 'put the list itself there');
				ignoreFile ??= found;
			}
		}

		return {root, recipe, ignoreFile};
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

/** A step of a build, as its Dockerfile has it, and the shell of the last `SHELL` of its stage. */
type Step = {readonly position: string; readonly text: string; readonly shell?: readonly string[]};

const noHereDocuments = 'here-documents need buildah 1.33 or later';

const hereDocumentsRemedy = 'put the text into a file of the context, or the commands into one RUN with && and \\';

/** Earlier versions read the lines of a here-document as instructions, or run a command without its input. */
const assertHereDocuments = async (buildah: Buildah, recipe: string): Promise<void> => {
	const found = hereDocumentIn(recipe);
	if (found === undefined) {
		return;
	}

	const {major = '0', minor = '0'} = /version (?<major>\d+)\.(?<minor>\d+)/v.exec(await buildah.run(['--version']))?.groups ?? {};
	if (Number(major) === 1 && Number(minor) < 33) {
		throw new HolmError('invalid', printable(`Build failed at line ${found.line}, ${found.text}: ${noHereDocuments}`), {remedy: hereDocumentsRemedy});
	}
};

type Explanation = {readonly why: string; readonly remedy?: string; readonly commandStatus?: number};

/** What buildah says at length or not at all, in one line. */
const explain = (reason: string, step: Step | undefined): Explanation | undefined => {
	// Without support for it, the first line of a here-document is the name of a file.
	if (reason.includes('"/<<')) {
		return {why: noHereDocuments, remedy: hereDocumentsRemedy};
	}

	if (step?.text.startsWith('HEALTHCHECK ') && reason.includes('flag provided but not defined: -start-interval')) {
		return {
			why: '--start-interval needs a later version of buildah',
			remedy: 'leave it out, and start the container with --health-start-interval',
		};
	}

	const outward = /: copier: get: lstat "\/?(?<link>[^"]*)"\("(?<target>[^"]*)"\)/v.exec(reason)?.groups;
	if (outward) {
		return {why: `"${outward.link!}" is a link to "${outward.target!}", which is not in the build context`};
	}

	const exitCode = /^(?:error )?while running runtime: exit status (?<code>\d+)/v.exec(reason)?.groups?.code;
	return step?.text.startsWith('RUN ') && exitCode !== undefined
		? {why: failedCommand(step.text.slice(4), Number(exitCode), step.shell), commandStatus: Number(exitCode)}
		: undefined;
};

/** The error of a failed build: the step, as written in the Dockerfile, and the reason. */
export const buildError = (error: unknown, step: Step | undefined): HolmError => {
	if (!(error instanceof ProgramError)) {
		return error instanceof HolmError ? error : new HolmError('internal', `Build failed: ${messageOf(error)}`, {remedy: 'holm system logs may say more', cause: error});
	}

	if (error.code === 'unavailable') {
		return error;
	}

	const where = step ? ` at step ${step.position}, ${step.text}` : '';
	const remedy = step ? 'fix that step of the Dockerfile' : 'fix the Dockerfile or the options of the build';
	const failure = (why: string, what = remedy, commandStatus?: number) =>
		new HolmError('invalid', printable(`Build failed${where}: ${why}`), {remedy: what, commandStatus, cause: error});
	const said = (error.lines.findLast(line => line.startsWith('Error: ')) ?? error.lines.at(-1) ?? `exit status ${error.exitCode}`).replace(/^Error: /v, '');
	const marker = step && `building at STEP "${step.text}": `;
	const reason = marker && said.includes(marker) ? said.slice(said.indexOf(marker) + marker.length) : said.replace(/^(?:error )?building at STEP ".*?": /v, '');
	const known = explain(reason, step);
	if (known) {
		return failure(known.why, known.remedy, known.commandStatus);
	}

	const plain = reason
		.replace(/^(?:error )?while running runtime: /v, '')
		.replace(/ &imagebuilder\.Step\{.*$/v, '')
		.replace(/checking on sources under "[^"]*": copier: stat: /v, 'not in the build context: ');
	if (/initializing source |pinging container registry/v.test(plain)) {
		return registryError(printable(`Build failed${where}`), error);
	}

	return failure(plain);
};

/** The builds on one storage. Leftovers of a killed build can be told from the work of others only when no build runs. */
type BuildActivity = {running: number; hasStrays: boolean; cleaning?: Promise<void>};

const activities = new WeakMap<Buildah, BuildActivity>();

const activityOf = (buildah: Buildah): BuildActivity => {
	const activity = activities.get(buildah) ?? {running: 0, hasStrays: false};
	activities.set(buildah, activity);
	return activity;
};

/** Removes the working containers of killed builds. Those of base disks have a name and stay. */
const removeStrays = async (buildah: Buildah): Promise<void> => {
	const containers = JSON.parse(await buildah.run(['containers', '--json']) || '[]') as ReadonlyArray<{readonly id: string; readonly containername: string}> | undefined;
	const strays = (containers ?? []).filter(({containername}) => !containername.startsWith('holm-')).map(({id}) => id);
	if (strays.length > 0) {
		await buildah.run(['rm', ...strays]);
	}
};

/** Cleans up after failed builds, once no build runs. If that fails, it is tried again before the next build, which does not fail because of it. */
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
Runs the commands of a build in a crun container instead of a mere chroot: with its own root file system, and only harmless devices of the host.

CAP_SYS_CHROOT stays, because apk calls chroot before each package script and fails without it.
*/
const containment = (work: string): readonly string[] => [
	'--isolation',
	'oci',
	'--runtime',
	'crun',
	'--runtime-flag',
	`root=${path.join(work, 'runtime')}`,
	// No limits are set, and not every host allows new control groups.
	'--runtime-flag',
	'cgroup-manager=disabled',
	// The host's would be writable.
	'--volume',
	`${path.join(work, 'nothing')}:/sys/fs/cgroup:ro`,
	'--cap-drop',
	'CAP_MKNOD',
	'--cap-drop',
	'CAP_NET_RAW',
];

/** `loopback` are the registries on this host that the Dockerfile names. */
type BuildCommand = {readonly arguments: readonly string[]; readonly loopback: readonly string[]};

const stepFlags = ({network = 'host', extraHosts = [], shmBytes}: BuildOptions): readonly string[] => {
	for (const host of extraHosts) {
		assertExtraHost(host);
	}

	// Buildah writes no /etc/hosts then.
	if (network === 'none' && extraHosts.length > 0) {
		throw new HolmError('unsupported', 'Build failed: steps without a network have no /etc/hosts', {remedy: 'leave out the hosts, or the network none'});
	}

	return [
		'--network',
		network,
		// The steps share the network of the host.
		...extraHosts.flatMap(host => ['--add-host', host.replace(/:host-gateway$/v, ':127.0.0.1')]),
		...(shmBytes === undefined ? [] // Becomes an option of tmpfs, which has other units.
			: ['--shm-size', String(shmBytes)]),
	];
};

const buildArguments = async (buildah: Buildah, work: string, context: string, options: BuildOptions): Promise<BuildCommand> => {
	const {root, recipe, ignoreFile} = await recipeOf(context, options.file);
	const list = path.join(work, 'ignore');
	const recipeText = await readFile(recipe, 'utf8');
	await assertHereDocuments(buildah, recipeText);
	await writeFile(list, await applyIgnoreFile(root, path.relative(root, recipe), ignoreFile));
	const {credentials = []} = options;
	return {
		loopback: loopbackRegistriesIn([recipeText, ...Object.values(options.buildArguments)].join('\n')),
		arguments: [
			...containment(work),
			'--format',
			'docker',
			'--layers',
			'--force-rm',
			'--identity-label=false',
			...stepFlags(options),
			...limitFlags(await readFile('/proc/self/limits', 'utf8'), options.ulimits),
			options.noCache ? '--no-cache' : '--no-cache=false',
			options.pull ? '--pull=true' : '--pull=false',
			'--iidfile',
			path.join(work, 'id'),
			'--file',
			recipe,
			'--ignorefile',
			list,
			...options.tags.flatMap(tag => ['--tag', tagName(tag)]),
			...pairs('--build-arg', 'build argument', options.buildArguments),
			...pairs('--label', 'label', options.labels),
			...(options.target === undefined ? [] : ['--target', options.target]),
			...(credentials.length > 0 ? ['--authfile', await writeCredentials(work, new Map(credentials.map(each => [registryOf(each.server), each])))] : []),
		],
	};
};

const stepAfter = (last: Step | undefined, position: string, text: string): Step => {
	const shell = text.startsWith('SHELL ') ? execForm(text.slice(6)) : (text.startsWith('FROM ') ? undefined : last?.shell);
	return {position, text, shell};
};

/** Buildah's last lines, for which Docker has others. */
const conclusion = /^(?:Successfully tagged \S+|[\da-f]{64})$/v;

/** Lines that repeat the failure in the words of the program. */
const runtimeNoise = /^subprocess exited with status \d+$|^time="[^"]*" level=error msg="\+\(UNHANDLED LOGLEVEL\) &imagebuilder\.Step/v;

/**
Builds an image from a directory, from which it removes the ignored files. The image's id comes before the concluding lines.

Throws `invalid`, with the step and the reason, if a step fails, and `unavailable` if the disk is full or `signal` aborts. A failed build leaves only the cache of its successful steps.

@yields Output as it comes, with line feeds, and the image's id.
*/
export async function * build(buildah: Buildah, contextDirectory: string, options: BuildOptions): AsyncGenerator<Progress, void> {
	const activity = activityOf(buildah);
	await clean(activity, buildah);
	activity.running++;
	const work = await buildah.scratch();
	let step: Step | undefined;
	let isDone = false;
	try {
		const {arguments: arguments_, loopback} = await buildArguments(buildah, work, contextDirectory, options);
		const registries = path.join(work, 'registries.conf');
		await writeFile(registries, registriesConfiguration(loopback));
		await mkdir(path.join(work, 'temporary'));
		await mkdir(path.join(work, 'nothing'));
		const environment = {TMPDIR: path.join(work, 'temporary'), CONTAINERS_REGISTRIES_CONF: registries};
		const lines = buildah.lines(['build', ...buildah.policyArguments, ...arguments_, contextDirectory], {environment, signal: options.signal, confined: true});
		for await (const {stream, text} of lines) {
			const match = stream === 'stdout' ? /^(?:\[\d+\/\d+\] )?STEP (?<position>\d+\/\d+): (?<text>.*)$/v.exec(text) : undefined;
			if (match) {
				step = stepAfter(step, match.groups!.position!, match.groups!.text!);
			}

			// The failure is thrown, so buildah's own line about it would be a duplicate.
			if (stream === 'stdout' ? !conclusion.test(text) : !(runtimeNoise.test(text) || text.startsWith('Error: '))) {
				yield {text: `${text}\n`};
			}
		}

		isDone = true;
		const id = await readFile(path.join(work, 'id'), 'utf8');
		yield * conclusionOf(id.trim(), options.tags.map(tag => tagName(tag)));
	} catch (error) {
		throw options.signal?.aborted ? new HolmError('unavailable', 'Build cancelled', {cause: error}) : buildError(error, step);
	} finally {
		activity.running--;
		activity.hasStrays ||= !isDone;
		await clean(activity, buildah);
		await buildah.removeScratch(work);
	}
}
