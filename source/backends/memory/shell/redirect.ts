import {Buffer} from 'node:buffer';
import {fileError, largestFile} from '../file-node.js';
import {
	createLineReader,
	emptyInput,
	inputOf,
	nowhere,
	type Input,
	type Output,
} from '../pipe.js';
import {pathIn} from '../programs/paths.js';
import type {Descriptors, Shell} from './shell-state.js';
import type {Redirection, Word} from './syntax.js';

/** Writes to a file, replacing what is there or adding to it. */
const fileOutput = ({invocation: {host}}: Shell, place: string, append: boolean): Output => {
	const found = host.files.find(place)?.node;
	if (found?.type === 'directory') {
		throw fileError('EISDIR');
	}

	const attributes = {
		type: 'file' as const, mode: found?.mode ?? 0o644, uid: found?.uid ?? 0, gid: found?.gid ?? 0,
	};
	const target = host.files.find(place)?.path ?? place;
	let bytes = append && found?.type === 'file' ? Buffer.from(found.content) : Buffer.alloc(0);
	let {length} = bytes;
	const put = () => {
		host.files.put(target, {...attributes, modifiedAt: host.now(), content: bytes.subarray(0, length)});
	};

	put();
	return {
		async write(data) {
			const added = Buffer.from(data as string);
			if (length + added.length > largestFile) {
				throw fileError('ENOSPC');
			}

			if (length + added.length > bytes.length) {
				// Room for as much again, so that many small pieces are not each a copy of the whole.
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

/** The open files of a command after its redirections, one after the other. Throws file errors. */
export const redirect = async (shell: Shell, files: Descriptors, redirections: readonly Redirection[], textOf: (shell: Shell, word: Word) => Promise<string>): Promise<Descriptors> => {
	let result: Record<0 | 1 | 2, Input | Output> & Descriptors = {...files};
	for (const {descriptor, operator, word} of redirections) {
		const text = await textOf(shell, word);
		const place = pathIn(shell.directory, text);
		switch (operator) {
			case '>':
			case '>>': {
				const special: Readonly<Record<string, Output>> = {
					'/dev/null': nowhere, '/dev/stdout': files[1], '/dev/stderr': files[2], '/dev/tty': files[1],
				};
				const output = special[place] ?? fileOutput(shell, place, operator === '>>');
				result = descriptor === -1 ? {...result, 1: output, 2: output} : {...result, [descriptor]: output};
				break;
			}

			case '<': {
				result = {...result, 0: createLineReader(place === '/dev/null' ? emptyInput : fileInput(shell, place))};
				break;
			}

			case '>&': {
				if (!/^[\-012]$/v.test(text)) {
					throw new Error('bad file descriptor');
				}

				const source = text === '-' ? undefined : result[Number(text) as 0 | 1 | 2];
				result = {...result, [descriptor]: source ?? (descriptor === 0 ? createLineReader(emptyInput) : nowhere)};
				break;
			}

			case '<<<':
			case 'here-document': {
				result = {...result, 0: createLineReader(inputOf(Buffer.from(operator === '<<<' ? `${text}\n` : text)))};
				break;
			}
		}
	}

	return result;
};
