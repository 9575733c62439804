import type {TreeNode} from '../file-node.js';
import type {Invocation, Program} from '../process.js';
import {pathIn} from './options.js';

const numberOf = (text: string): number => {
	if (!/^-?\d+$/v.test(text)) {
		throw new Error(`${text}: bad number`);
	}

	return Number(text);
};

const binary: Readonly<Record<string, (left: string, right: string) => boolean>> = {
	'=': (left, right) => left === right,
	'!=': (left, right) => left !== right,
	'-eq': (left, right) => numberOf(left) === numberOf(right),
	'-ne': (left, right) => numberOf(left) !== numberOf(right),
	'-lt': (left, right) => numberOf(left) < numberOf(right),
	'-gt': (left, right) => numberOf(left) > numberOf(right),
};

const ofFile: Readonly<Record<string, (node: TreeNode | undefined) => boolean>> = {
	'-e': node => node !== undefined,
	'-f': node => node?.type === 'file',
	'-d': node => node?.type === 'directory',
	'-s': node => node?.type === 'file' && node.content.length > 0,
};

/** The value of an expression of `test`. Throws for one that is not in the demo. */
const isTrue = (invocation: Invocation, words: readonly string[]): boolean => {
	const [first = '', second = '', third = ''] = words;
	if (words.length <= 1) {
		return first !== '';
	}

	if (words.length === 3 && Object.hasOwn(binary, second)) {
		return binary[second]!(first, third);
	}

	if (first === '!') {
		return !isTrue(invocation, words.slice(1));
	}

	if (words.length === 2 && Object.hasOwn(ofFile, first)) {
		return ofFile[first]!(invocation.host.files.find(pathIn(invocation.directory, second))?.node);
	}

	if (words.length === 2 && (first === '-n' || first === '-z')) {
		return (second === '') === (first === '-z');
	}

	throw new Error(`"test ${words.join(' ')}" is not in the demo`);
};

/** `test EXPRESSION` and `[ EXPRESSION ]` with one operator, and `!` before it. */
export const test: Program = async invocation => {
	const [name, ...words] = invocation.command;
	if (name === '[' && words.pop() !== ']') {
		await invocation.stderr.write('sh: [: missing ]\n');
		return 2;
	}

	try {
		return isTrue(invocation, words) ? 0 : 1;
	} catch (error) {
		await invocation.stderr.write(`sh: ${(error as Error).message}\n`);
		return 2;
	}
};
