import {fileError, isFileError} from '../file-node.js';
import type {FileTree} from '../file-tree.js';
import {inputOf, type Input} from '../pipe.js';
import type {Invocation, Program} from '../process.js';

/** A path as an absolute one, seen from a directory. */
export const pathIn = (directory: string, path: string): string => path.startsWith('/') ? path : `${directory}/${path}`;

/** The content of a file. Throws file errors. */
export const fileInput = (files: FileTree, path: string): Input => {
	const {node} = files.locate(path);
	if (node.type !== 'file') {
		throw fileError('EISDIR');
	}

	return inputOf(node.content);
};

/** Says what of a program the demo has; resolves with the exit status of a wrong use. */
export const refuse = async ({command, stderr}: Invocation, usage: string): Promise<number> => {
	await stderr.write(`${command[0]}: only "${usage}" is in the demo\n`);
	return 2;
};

export type Given = {
	/** The letters of all options: `la` for `ls -l -a`. */
	readonly letters: string;
	readonly operands: readonly string[];
};

/** A program that has some options of one letter and refuses all others. */
export const withOptions = (known: string, run: (invocation: Invocation, given: Given) => Promise<number>): Program => async invocation => {
	const [name, ...words] = invocation.command;
	const end = words.includes('--') ? words.indexOf('--') : words.length;
	const isOption = (word: string, index: number) => index < end && /^-./v.test(word);
	const options = words.filter((word, index) => isOption(word, index));
	const foreign = options.find(option => [...option.slice(1)].some(letter => !known.includes(letter)));
	if (foreign !== undefined) {
		await invocation.stderr.write(`${name}: "${foreign}" is not in the demo\n`);
		return 2;
	}

	return run(invocation, {
		letters: options.map(option => option.slice(1)).join(''),
		operands: words.filter((word, index) => index !== end && !isOption(word, index)),
	});
};

/** Acts on each operand. A file error is a message and exit status 1, and the others still have their turn. */
export const forEach = async (
	{command, stderr}: Invocation,
	operands: readonly string[],
	action: (operand: string) => Promise<void> | void,
): Promise<number> => {
	let status = 0;
	for (const operand of operands) {
		try {
			await action(operand);
		} catch (error) {
			if (!isFileError(error)) {
				throw error;
			}

			await stderr.write(`${command[0]}: ${operand}: ${error.message}\n`);
			status = 1;
		}
	}

	return status;
};
