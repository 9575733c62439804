import {Buffer} from 'node:buffer';
import {fileError, largestFile} from '../file-node.js';
import {emptyInput, nowhere, type Output} from '../pipe.js';
import {fileInput, pathIn} from '../programs/options.js';
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
const readRedirection = (source: Source): Redirection | undefined => {
	skip(source);
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

/** Reads all redirections that follow one another here. */
export const readRedirections = (source: Source): readonly Redirection[] => {
	const redirections: Redirection[] = [];
	for (let next = readRedirection(source); next; next = readRedirection(source)) {
		redirections.push(next);
	}

	return redirections;
};

/** Writes to a file, in place of its content or after it. */
const fileOutput = ({invocation: {host}}: Shell, place: string, isAppended: boolean): Output => {
	const found = host.files.find(place);
	if (found?.node.type === 'directory') {
		throw fileError('EISDIR');
	}

	if (!found && host.files.find(place, {follow: false})) {
		// A link to nothing: it is not followed here, and stays.
		throw fileError('ENOENT');
	}

	const {mode = 0o644, uid = 0, gid = 0} = found?.node ?? {};
	let bytes = isAppended && found?.node.type === 'file' ? Buffer.from(found.node.content) : Buffer.alloc(0);
	let {length} = bytes;
	const put = () => {
		host.files.put(found?.path ?? place, {
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

/** The open files of a command after its redirections, applied from left to right. Throws file errors. */
export const redirect = async (shell: Shell, files: Descriptors, redirections: readonly Redirection[]): Promise<Descriptors> => {
	let result = files;
	for (const {descriptor, operator, word} of redirections) {
		const text = await textOf(shell, word);
		const place = pathIn(shell.directory, text);
		if (operator === '<') {
			result = {...result, [descriptor]: place === '/dev/null' ? emptyInput : fileInput(shell.invocation.host.files, place)};
		} else if (operator !== '>&') {
			result = {...result, [descriptor]: place === '/dev/null' ? nowhere : fileOutput(shell, place, operator === '>>')};
		} else if (descriptor > 0 && /^[12]$/v.test(text)) {
			result = {...result, [descriptor]: result[Number(text) as 1 | 2]};
		} else {
			throw new Error(`${text}: bad file descriptor`);
		}
	}

	return result;
};
