import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import type {Readable} from 'node:stream';
import {unpack} from '../../archive/unpack.js';
import {asHolmError, HolmError, messageOf} from '../../engine/errors.js';
import {splitFirst} from '../../flags/split-arguments.js';
import {escapeControls} from '../../text/escape.js';
import {printError, type Context} from '../command.js';
import {archiveWriter, isStandardOutput} from '../write-archive.js';

/** Where the files of a build go, in place of an image. */
export type BuildOutput = {
	/** Takes them as a tar. */
	readonly take: (tar: Readable) => Promise<void>;
	/** They are on standard output, which must have nothing else. */
	readonly isOnStandardOutput: boolean;
};

const remedy = 'give --output DIRECTORY, type=local,dest=DIRECTORY, type=tar,dest=FILE, or - for a tar on standard output';

const fieldsOf = (value: string): {readonly type: string; readonly destination: string} => {
	if (!value.includes('=')) {
		return {type: value === '-' ? 'tar' : 'local', destination: value};
	}

	const fields = new Map(value.split(',').map(part => splitFirst(part, '=')));
	const unknown = fields.keys().find(name => name !== 'type' && name !== 'dest');
	if (unknown !== undefined) {
		throw new HolmError('invalid', `--output ${JSON.stringify(value.slice(0, 100))} has the unknown field ${JSON.stringify(unknown)}`, {remedy});
	}

	const type = fields.get('type') ?? 'local';
	return {type, destination: fields.get('dest') ?? (type === 'tar' ? '-' : '')};
};

/** An error of the file system names the directory; another one is the tar's. */
const asOutputError = (error: unknown, destination: string): HolmError => {
	if (error instanceof HolmError) {
		return error;
	}

	return (error as NodeJS.ErrnoException).syscall === undefined
		? new HolmError('invalid', `the output of the build is not a whole tar: ${messageOf(error)}`, {remedy: 'build again; holm builder logs may say why', cause: error})
		: new HolmError('invalid', `the output of the build cannot be written to ${destination}: ${messageOf(error)}`, {remedy: 'check its permissions and the space on its disk', cause: asHolmError(error)});
};

const directoryOutput = async (context: Context, destination: string): Promise<BuildOutput> => {
	const root = path.resolve(context.workingDirectory, destination);
	try {
		await mkdir(root, {recursive: true});
	} catch (error) {
		throw new HolmError('invalid', `the output of the build cannot be written to ${destination}: ${messageOf(error)}`, {remedy: 'name another directory', cause: error});
	}

	return {
		isOnStandardOutput: false,
		async take(tar) {
			const skipped = await unpack(tar, {
				root, rename: name => name, keepOwners: false, origin: 'build',
			}).catch((error: unknown) => {
				throw asOutputError(error, destination);
			});
			const [first] = skipped;
			if (first !== undefined) {
				printError(context, `WARNING: left out of the output: ${skipped.length === 1 ? escapeControls(first) : `${skipped.length} entries, such as ${escapeControls(first)}`}: not a file, a directory or a link`);
			}
		},
	};
};

/** Reads `--output`; undefined without one. Throws `invalid` or `unsupported` before the build begins. */
export const buildOutputOf = async (context: Context, values: readonly string[]): Promise<BuildOutput | undefined> => {
	const [value] = values;
	if (value === undefined) {
		return undefined;
	}

	if (values.length > 1) {
		throw new HolmError('unsupported', 'a build has one output', {remedy: 'give --output once, and build again for the other'});
	}

	const {type, destination} = fieldsOf(value);
	if (type !== 'local' && type !== 'tar') {
		throw new HolmError('unsupported', `--output type=${type.slice(0, 64)}: the output is files, or an image of the engine`, {remedy: 'leave it out for an image, which holm save and holm push write elsewhere'});
	}

	if (destination === '' || (type === 'local' && destination === '-')) {
		throw new HolmError('invalid', `--output ${JSON.stringify(value.slice(0, 100))} names no ${type === 'local' ? 'directory' : 'file'}`, {remedy});
	}

	if (type === 'local') {
		return directoryOutput(context, destination);
	}

	const isOnStandardOutput = destination === '-' || isStandardOutput(path.resolve(context.workingDirectory, destination));
	return {take: await archiveWriter(context, isOnStandardOutput ? undefined : destination), isOnStandardOutput};
};
