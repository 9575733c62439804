import {Buffer} from 'node:buffer';
import {
	lstat,
	mkdir,
	readFile,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';
import type {Healthcheck} from '../../engine/health.js';
import type {Image, ImageConfiguration} from '../../engine/resources.js';
import {quote} from '../../text/escape.js';
import {run} from '../run.js';
import type {Buildah} from './buildah.js';
import {ProgramError} from './output-lines.js';
import {printable} from './printable.js';
import {withWorkingContainer} from './working-container.js';

const {isDeepStrictEqual} = process.getBuiltinModule('node:util');

export type CommitOptions = {
	readonly base: Image;
	/** Absolute paths to remove from the base image: deleted or replaced in the new one. Paths are bytes in latin1. */
	readonly removed: readonly string[];
	/** Path of the tar of changed files. Its content is not trusted. */
	readonly layer: string;
	readonly configuration: ImageConfiguration;
	/** Additional Dockerfile instructions. */
	readonly changes: readonly string[];
	readonly author: string;
	readonly comment: string;
};

/** Whether a path leads through directories only, not through a symbolic link out of the image. */
const isWithin = async (root: string, file: string): Promise<boolean> => {
	for (let end = file.indexOf('/', 1); end !== -1; end = file.indexOf('/', end + 1)) {
		const status = await lstat(Buffer.from(root + file.slice(0, end), 'latin1')).catch(() => undefined);
		if (!status?.isDirectory()) {
			return false;
		}
	}

	return true;
};

const removeFrom = async (root: string, files: readonly string[]): Promise<void> => {
	const going: string[] = [];
	for (const file of files) {
		if (await isWithin(root, file)) {
			going.push(`.${file}\0`);
		}
	}

	await run('xargs', ['--null', '--no-run-if-empty', 'rm', '--recursive', '--force', '--one-file-system', '--'], {cwd: root, input: Buffer.from(going.join(''), 'latin1')});
};

const dollar = 'HOLM_DOLLAR_SIGN';

/** Buildah expands variables in values and has no escape for a dollar sign, so a variable holds one. */
const environmentArguments = (environment: readonly string[]): readonly string[] => environment.some(variable => variable.includes('$'))
	? [`${dollar}=$`, ...environment.map(variable => variable.replaceAll('$', () => `\${${dollar}}`)), `${dollar}-`].flatMap(value => ['--env', value])
	: environment.flatMap(variable => ['--env', variable]);

/** Buildah splits the test as a shell would. Debian 12's knows no interval for the start period. */
const healthArguments = ({test, intervalMs, timeoutMs, retries, startPeriodMs}: Healthcheck): readonly string[] => {
	const duration = (flag: string, milliseconds: number | undefined) => milliseconds ? [flag, `${Math.round(milliseconds * 1e6)}ns`] : [];
	return test.length === 0 ? [] : [
		'--healthcheck',
		test.map(word => quote(word)).join(' '),
		...duration('--healthcheck-interval', intervalMs),
		...duration('--healthcheck-timeout', timeoutMs),
		...duration('--healthcheck-start-period', startPeriodMs),
		...(retries ? ['--healthcheck-retries', String(retries)] : []),
	];
};

const configurationArguments = (before: ImageConfiguration, after: ImageConfiguration): readonly string[] => {
	const {user, environment, entrypoint, command, workingDirectory, exposedPorts, labels, stopSignal, healthcheck} = after;
	const names = new Set(environment.map(variable => variable.split('=', 1)[0]));
	const gone = before.environment.map(variable => variable.split('=', 1)[0]!).filter(name => !names.has(name)).map(name => `${name}-`);
	const added = exposedPorts.filter(port => !before.exposedPorts.includes(port));
	return [
		...environmentArguments([...environment.filter(variable => !before.environment.includes(variable)), ...gone]),
		...Object.entries(labels).flatMap(([key, value]) => before.labels[key] === value ? [] : ['--label', `${key}=${value}`]),
		...added.flatMap(port => ['--port', port]),
		...(user === before.user ? [] : ['--user', user]),
		...(workingDirectory === before.workingDirectory ? [] : ['--workingdir', workingDirectory]),
		...(stopSignal === before.stopSignal || stopSignal === undefined ? [] : ['--stop-signal', stopSignal]),
		...(healthcheck && !isDeepStrictEqual(healthcheck, before.healthcheck) ? healthArguments(healthcheck) : []),
		'--entrypoint',
		JSON.stringify(entrypoint),
		'--cmd',
		JSON.stringify(command),
	];
};

/** Makes an image of a working container; resolves with its id, without `sha256:`. */
export const commitContainer = async (buildah: Buildah, name: string): Promise<string> => {
	const printed = await buildah.run(['commit', ...buildah.policyArguments, '--quiet', '--format', 'docker', '--identity-label=false', name]);
	return printed.trim().replace('sha256:', '');
};

/** The reason why buildah refuses instructions, without its own words. */
const refusal = ({lines, message}: ProgramError): string => (lines.findLast(line => line.startsWith('Error: ')) ?? message)
	.replace(/^Error: /v, '')
	.replace(/^(?:error )?building at STEP ".*?": /v, '')
	.replace(/ &imagebuilder\.Step\{.*$/v, '');

/** The instructions execute nothing: `assertChanges` has refused those that do. */
const change = async (
	buildah: Buildah,
	id: string,
	changes: readonly string[],
): Promise<string> => buildah.inScratch(async work => {
	const context = path.join(work, 'context');
	const file = path.join(work, 'Dockerfile');
	const changed = path.join(work, 'id');
	await mkdir(context);
	await writeFile(file, [`FROM ${id}`, ...changes, ''].join('\n'));
	try {
		await buildah.run([
			'build', ...buildah.policyArguments, '--quiet', '--format', 'docker', '--layers', '--no-cache', '--force-rm', '--isolation', 'chroot', '--network', 'host', '--pull=never', '--identity-label=false', '--iidfile', changed, '--file', file, context,
		]);
	} catch (error) {
		throw error instanceof ProgramError && error.code !== 'unavailable'
			? new HolmError('invalid', `the changes are not possible: ${printable(refusal(error))}`, {remedy: 'give instructions of a Dockerfile', cause: error})
			: error;
	}

	return (await readFile(changed, 'utf8')).trim();
});

/** Builds the image with additional instructions, if there are any. Resolves with its id, with `sha256:`. */
export const changeImage = async (buildah: Buildah, id: string, changes: readonly string[]): Promise<string> => {
	const changed = changes.length > 0 ? await change(buildah, id, changes) : id;
	return `sha256:${changed.replace('sha256:', '')}`;
};

/**
Makes an image from a base image and a container's changes, as one more layer, and resolves with its id.

Buildah unpacks the layer in a chroot, so that no link or name in it leads outside.
*/
export const commitImage = async (buildah: Buildah, options: CommitOptions): Promise<string> => {
	const {base, removed, layer, configuration, changes, author, comment} = options;
	const id = await withWorkingContainer(buildah, base.id, async name => {
		const mounted = await buildah.run(['mount', name]);
		await removeFrom(mounted.trim(), removed);
		await buildah.run(['add', '--quiet', name, layer, '/']);
		await buildah.run([
			'config',
			...configurationArguments(base.configuration, configuration),
			'--created-by',
			['commit', ...configuration.entrypoint, ...configuration.command].join(' ').slice(0, 1000),
			'--history-comment',
			// Buildah appends its own text.
			comment && `${comment} `,
			'--comment',
			comment,
			...(author === '' ? [] : ['--author', author]),
			name,
		]);
		return commitContainer(buildah, name);
	});
	return changeImage(buildah, id, changes);
};
