import {open, rm} from 'node:fs/promises';
import path from 'node:path';
import type {Engine} from '../../engine/engine.js';
import {asHolmError, HolmError, messageOf} from '../../engine/errors.js';
import type {ContainerConfiguration} from '../../engine/resources.js';
import {printError, type Context} from '../command.js';
import {readConfiguration, type ContainerFlags} from '../../flags/configuration.js';
import {escapeControls} from '../../text/escape.js';
import {withPatience} from '../print/patience.js';
import {printProgress} from '../print/progress.js';
import {credentialsFor} from '../registry/credentials.js';

export type NewContainer = {
	readonly id: string;
	readonly configuration: ContainerConfiguration;
	/** Removes the container and its id file after a failed start. */
	readonly undo: () => Promise<void>;
};

const pullPolicies = new Set(['missing', 'always', 'never']);

const pull = async (context: Context, engine: Engine, {image, platform}: ContainerConfiguration, isQuiet: boolean): Promise<void> => {
	const credentials = await credentialsFor(image, context.environment);
	await printProgress(engine.pullImage(image, {credentials, platform}), context.stderr, {quiet: isQuiet});
};

/** Creates the id file before the container; throws `conflict` if it exists. */
const claimIdFile = async (file: string) => {
	try {
		return await open(file, 'wx');
	} catch (error) {
		throw new HolmError('conflict', `cannot create ${file} for --cidfile: ${messageOf(error)}`, {remedy: 'remove it or name another', cause: error});
	}
};

const createPulling = async (context: Context, engine: Engine, configuration: ContainerConfiguration, flags: ContainerFlags) => {
	if (flags.pull === 'always') {
		await pull(context, engine, configuration, flags.quiet);
		return engine.createContainer(configuration);
	}

	try {
		return await engine.createContainer(configuration);
	} catch (error) {
		// The missing resource may be a network or a volume instead.
		const isMissing = asHolmError(error).code === 'not-found' && !await hasImage(engine, configuration.image);
		if (!isMissing || flags.pull === 'never') {
			throw error;
		}

		printError(context, `Unable to find image '${escapeControls(configuration.image)}' locally`);
		await pull(context, engine, configuration, flags.quiet);
		return engine.createContainer(configuration);
	}
};

const hasImage = async (engine: Engine, image: string): Promise<boolean> => {
	try {
		await engine.image(image);
		return true;
	} catch (error) {
		if (asHolmError(error).code === 'not-found') {
			return false;
		}

		throw error;
	}
};

/** Creates the container that the flags describe; pulls its image if missing. */
export const createFromFlags = async (context: Context, flags: ContainerFlags, input: readonly string[]): Promise<NewContainer> => {
	if (!pullPolicies.has(flags.pull)) {
		throw new HolmError('invalid', `invalid value "${flags.pull}" for --pull`, {remedy: 'it is missing, always or never'});
	}

	const configuration = await readConfiguration(flags, input, context);
	const idFile = flags.cidfile === undefined ? undefined : path.resolve(context.workingDirectory, flags.cidfile);
	const handle = idFile === undefined ? undefined : await claimIdFile(idFile);
	const removeIdFile = async () => {
		if (idFile !== undefined) {
			await rm(idFile, {force: true});
		}
	};

	try {
		const engine = await context.engine();
		const {id, warnings} = await withPatience(context, 'Still creating; the first container of an image takes longest.', createPulling(context, engine, configuration, flags));
		await handle?.writeFile(id);
		for (const warning of warnings) {
			printError(context, `WARNING: ${escapeControls(warning)}`);
		}

		return {
			id,
			configuration,
			async undo() {
				await removeIdFile();
				await engine.removeContainer(id, {force: true, volumes: true});
			},
		};
	} catch (error) {
		await removeIdFile();
		throw error;
	} finally {
		await handle?.close();
	}
};
