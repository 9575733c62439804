import type {Invocation} from '../process.js';
import {isFileError} from '../file-node.js';

/** The letters of a command's options, and what is left: `ls -la /x` has `la` and `/x`. */
export const optionsOf = ({command}: Pick<Invocation, 'command'>): {readonly letters: string; readonly operands: readonly string[]} => {
	const words = command.slice(1);
	const end = words.indexOf('--');
	const before = end === -1 ? words : words.slice(0, end);
	const isOption = (word: string) => /^-./v.test(word);
	return {
		letters: before.filter(word => isOption(word)).map(word => word.replace(/^-+/v, '')).join(''),
		operands: [...before.filter(word => !isOption(word)), ...end === -1 ? [] : words.slice(end + 1)],
	};
};

/** Does something for each operand, goes on after a file error and says so at the end. */
export const forEach = async ({command, stderr}: Invocation, operands: readonly string[], action: (operand: string) => Promise<void> | void, doing = ''): Promise<number> => {
	let status = 0;
	for (const operand of operands) {
		try {
			await action(operand);
		} catch (error) {
			if (!isFileError(error)) {
				throw error;
			}

			await stderr.write(`${command[0]}: ${doing}${operand}: ${error.message}\n`);
			status = 1;
		}
	}

	return status;
};
