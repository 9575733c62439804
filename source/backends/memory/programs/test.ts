import type {TreeNode} from '../file-node.js';
import type {Invocation, Program} from '../process.js';
import {pathIn} from './paths.js';

const compare: Readonly<Record<string, (left: string, right: string) => boolean>> = {
	'=': (left, right) => left === right,
	'==': (left, right) => left === right,
	'!=': (left, right) => left !== right,
	'-eq': (left, right) => Number(left) === Number(right),
	'-ne': (left, right) => Number(left) !== Number(right),
	'-lt': (left, right) => Number(left) < Number(right),
	'-le': (left, right) => Number(left) <= Number(right),
	'-gt': (left, right) => Number(left) > Number(right),
	'-ge': (left, right) => Number(left) >= Number(right),
};

const ofFile: Readonly<Record<string, (node: TreeNode | undefined) => boolean>> = {
	'-e': node => node !== undefined,
	'-f': node => node?.type === 'file',
	'-d': node => node?.type === 'directory',
	'-L': node => node?.type === 'link',
	'-h': node => node?.type === 'link',
	'-r': node => node !== undefined,
	'-w': node => node !== undefined,
	'-x': node => node !== undefined && (node.mode & 0o111) !== 0,
	'-s': node => node?.type === 'file' && node.content.length > 0,
};

const ofText: Readonly<Record<string, (text: string) => boolean>> = {'-n': text => text !== '', '-z': text => text === '', '-t': () => false};

/** What an expression of `test` says. Throws for one that is none. */
const evaluate = (words: readonly string[], invocation: Invocation): boolean => {
	let position = 0;
	const primary = (): boolean => {
		const [word = '', second, third] = words.slice(position, position + 3);
		if (second !== undefined && third !== undefined && Object.hasOwn(compare, second)) {
			position += 3;
			return compare[second]!(word, third);
		}

		if (word === '!') {
			position++;
			return !primary();
		}

		if (word === '(' && words.length > position + 2) {
			position++;
			const value = either();
			position++;
			return value;
		}

		if (second !== undefined && Object.hasOwn(ofFile, word)) {
			position += 2;
			return ofFile[word]!(invocation.host.files.find(pathIn(invocation.directory, second), {follow: word !== '-L' && word !== '-h'})?.node);
		}

		if (second !== undefined && Object.hasOwn(ofText, word)) {
			position += 2;
			return ofText[word]!(second);
		}

		position++;
		return word !== '';
	};

	const both = (): boolean => {
		let value = primary();
		while (words[position] === '-a') {
			position++;
			value = primary() && value;
		}

		return value;
	};

	const either = (): boolean => {
		let value = both();
		while (words[position] === '-o') {
			position++;
			value = both() || value;
		}

		return value;
	};

	const value = words.length > 0 && either();
	if (position < words.length) {
		throw new Error(`${words[position]}: unknown operand`);
	}

	return value;
};

/** `test EXPRESSION` and `[ EXPRESSION ]`. */
export const test: Program = async invocation => {
	const [name, ...words] = invocation.command;
	if (name === '[' && words.pop() !== ']') {
		await invocation.stderr.write('sh: [: missing ]\n');
		return 2;
	}

	try {
		return evaluate(words, invocation) ? 0 : 1;
	} catch (error) {
		await invocation.stderr.write(`sh: ${(error as Error).message}\n`);
		return 2;
	}
};
