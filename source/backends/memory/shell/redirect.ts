import {Buffer} from 'node:buffer';
import path from 'node:path';
import {fileError, isFileError, largestFile} from '../file-node.js';
import type {FileTree} from '../file-tree.js';
import {
	createLineReader,
	emptyInput,
	inputOf,
	nowhere,
	type Input,
	type Output,
} from '../pipe.js';
import {pathIn} from '../programs/options.js';
import type {Descriptors, Shell} from './shell.js';
import {
	notInDemo,
	skip,
	take,
	type Source,
} from './source.js';
import {requireWord, textOf, type Word} from './words.js';

export type Redirection = {readonly descriptor: number; readonly operator: string; readonly word: Word};

/** Reads the redirection that begins here; undefined where none does. */
export const readRedirection = (source: Source): Redirection | undefined => {
	const foreign = take(source, /\d*(?:<<-?|<[\(>\u{26}]|>[\(\|])|&>|[3-9]\d*[<>]|\d{2,}[<>]/vy);
	if (foreign !== undefined) {
		throw notInDemo(foreign);
	}

	const found = take(source, /[0-2]?(?:>>|>&|<|>)/vy);
	if (found === undefined) {
		return undefined;
	}

	skip(source);
	const operator = found.replace(/^\d/v, '');
	return {descriptor: found === operator ? Number(operator !== '<') : Number(found[0]), operator, word: requireWord(source)};
};

/** The file that a path names, which links may name before it exists. Throws ELOOP. */
const targetOf = (files: FileTree, place: string): string => {
	let target = place;
	for (let found = files.find(target, {follow: false}); found?.node.type === 'link'; found = files.find(target, {follow: false})) {
		const next = files.find(target);
		if (next) {
			return next.path;
		}

		try {
			files.locate(target);
		} catch (error) {
			if (isFileError(error) && error.code === 'ELOOP') {
				throw error;
			}
		}

		target = path.posix.resolve(path.posix.dirname(found.path), found.node.target);
	}

	return target;
};

/** Writes to a file, in place of its content or after it. */
const fileOutput = ({invocation: {host}}: Shell, place: string, isAppended: boolean): Output => {
	const target = targetOf(host.files, place);
	const found = host.files.find(target);
	if (found?.node.type === 'directory') {
		throw fileError('EISDIR');
	}

	const {mode = 0o644, uid = 0, gid = 0} = found?.node ?? {};
	let bytes = isAppended && found?.node.type === 'file' ? Buffer.from(found.node.content) : Buffer.alloc(0);
	let {length} = bytes;
	const put = () => {
		host.files.put(found?.path ?? target, {
			type: 'file', mode, uid, gid, modifiedAt: host.now(), content: bytes.subarray(0, length),
		});
	};

	put();
	return {
		async write(data) {
			const added = Buffer.from(data as string);
			if (length + added.length > largestFile) {
				throw fileError('ENOSPC');
			}

			if (length + added.length > bytes.length) {
				// Room for as much again, so that many small writes do not each copy the whole file.
				bytes = Buffer.concat([bytes.subarray(0, length), Buffer.alloc(Math.max(length, added.length, 1024))]);
			}

			added.copy(bytes, length);
			length += added.length;
			put();
		},
	};
};

const fileInput = ({invocation: {host}}: Shell, place: string): Input => {
	const {node} = host.files.locate(place);
	if (node.type !== 'file') {
		throw fileError('EISDIR');
	}

	return inputOf(node.content);
};

/** The open files of a command after its redirections, applied from left to right. Throws file errors. */
export const redirect = async (shell: Shell, files: Descriptors, redirections: readonly Redirection[]): Promise<Descriptors> => {
	let result = files;
	for (const {descriptor, operator, word} of redirections) {
		const text = await textOf(shell, word);
		const place = pathIn(shell.directory, text);
		if (operator === '<') {
			result = {...result, [descriptor]: createLineReader(place === '/dev/null' ? emptyInput : fileInput(shell, place))};
		} else if (operator !== '>&') {
			const special: Readonly<Record<string, Output>> = {
				'/dev/null': nowhere, '/dev/stdout': files[1], '/dev/stderr': files[2], '/dev/tty': files[1],
			};
			result = {...result, [descriptor]: special[place] ?? fileOutput(shell, place, operator === '>>')};
		} else if (descriptor > 0 && /^[12]$/v.test(text)) {
			result = {...result, [descriptor]: result[Number(text) as 1 | 2]};
		} else {
			throw new Error(`${text}: bad file descriptor`);
		}
	}

	return result;
};
