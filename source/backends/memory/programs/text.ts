import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {
	createLineReader,
	inputOf,
	readAll,
	type Input,
} from '../pipe.js';
import type {Invocation, Program} from '../process.js';
import {forEach, optionsOf} from './options.js';
import {pathIn} from './paths.js';

/** What a program reads: the named files, or its input without any. */
const inputsOf = (invocation: Invocation, names: readonly string[]) => {
	const open = (name: string): Input => {
		if (name === '-') {
			return invocation.stdin;
		}

		const {node} = invocation.host.files.locate(pathIn(invocation.directory, name));
		return inputOf(node.type === 'file' ? node.content : new Uint8Array());
	};

	return {names: names.length === 0 ? ['-'] : names, open};
};

/** The number after `-n` or `-c`, or in `-5`, and the other words. */
const countOf = (command: readonly string[]): {readonly unit: 'n' | 'c'; readonly count: number; readonly operands: readonly string[]} => {
	const words = command.slice(1);
	let unit: 'n' | 'c' = 'n';
	let count = 10;
	const operands: string[] = [];
	for (let word = words.shift(); word !== undefined; word = words.shift()) {
		const match = /^-(?<unit>[cn])?(?<count>\d*)$/v.exec(word);
		if (match && word !== '-') {
			unit = (match.groups!.unit ?? 'n') as 'n' | 'c';
			count = Number(match.groups!.count || (words.shift() ?? 0));
		} else {
			operands.push(word);
		}
	}

	return {unit, count, operands};
};

export const head: Program = async invocation => {
	const {unit, count, operands} = countOf(invocation.command);
	const {names, open} = inputsOf(invocation, operands);
	return forEach(invocation, names, async name => {
		const reader = createLineReader(open(name));
		if (unit === 'n') {
			for (let line = 0; line < count; line++) {
				const text = await reader.readLine();
				if (text === undefined) {
					return;
				}

				await invocation.stdout.write(text);
			}

			return;
		}

		for (let left = count; left > 0;) {
			const chunk = await reader.read();
			if (!chunk) {
				return;
			}

			await invocation.stdout.write(chunk.subarray(0, left));
			left -= chunk.length;
		}
	});
};

export const tail: Program = async invocation => {
	const {unit, count, operands} = countOf(invocation.command);
	const {names, open} = inputsOf(invocation, operands);
	return forEach(invocation, names, async name => {
		const content = await readAll(open(name));
		if (unit === 'c') {
			await invocation.stdout.write(content.subarray(Math.max(content.length - count, 0)));
			return;
		}

		const lines = content.toString().split(/(?<=\n)/v);
		await invocation.stdout.write(lines.slice(Math.max(lines.length - count, 0)).join(''));
	});
};

export const wc: Program = async invocation => {
	const {letters, operands} = optionsOf(invocation);
	const {names, open} = inputsOf(invocation, operands);
	return forEach(invocation, names, async name => {
		const content = await readAll(open(name));
		const text = content.toString();
		const counts = {l: text.split('\n').length - 1, w: text.split(/\s+/v).filter(word => word !== '').length, c: content.length};
		const wanted = (['l', 'w', 'c'] as const).filter(letter => letters === '' || letters.includes(letter));
		await invocation.stdout.write(`${wanted.map(letter => wanted.length === 1 ? String(counts[letter]) : String(counts[letter]).padStart(9)).join(' ')}${name === '-' ? '' : ` ${name}`}\n`);
	});
};

/** `grep [-Fivcqo] PATTERN [FILE...]`. */
export const grep: Program = async invocation => {
	const {letters, operands: given} = optionsOf(invocation);
	const [pattern = '', ...operands] = given;
	const {names, open} = inputsOf(invocation, operands);
	const isPlain = letters.includes('F') || !/[$\(\)*+.?\[\\\]^\{\|\}]/v.test(pattern);
	// A pattern that could take for ever on a long line stands for its own text.
	const isSlow = /[*+?\}][^\n]*[*+?\}]|\)[*+?\{]/v.test(pattern) || pattern.length > 200;
	const folded = (text: string) => letters.includes('i') ? text.toLowerCase() : text;
	let matcher = (line: string) => folded(line).includes(folded(pattern));
	if (!isPlain && !isSlow) {
		const source = letters.includes('E') ? pattern : pattern.replaceAll(/(?<!\\)[\(\)+?\{\|\}]/gv, String.raw`\$&`);
		const expression = new RegExp(source, letters.includes('i') ? 'i' : '');
		matcher = line => expression.test(line);
	}

	let found = 0;
	const status = await forEach(invocation, names, async name => {
		const reader = createLineReader(open(name));
		for (let text = await reader.readLine(); text !== undefined; text = await reader.readLine()) {
			const line = text.replace('\n', '');
			if (matcher(line) === letters.includes('v')) {
				continue;
			}

			found++;
			if (!letters.includes('q') && !letters.includes('c')) {
				await invocation.stdout.write(`${names.length > 1 ? `${name}:` : ''}${line}\n`);
			}
		}
	});
	if (letters.includes('c')) {
		await invocation.stdout.write(`${found}\n`);
	}

	return status === 0 ? Number(found === 0) : 2;
};

/** The number that a line begins with. */
const numberAt = (line: string): number => Number(/^\s*(?<number>-?\d+(?:\.\d+)?)/v.exec(line)?.groups?.number ?? 0);

export const sort: Program = async invocation => {
	const {letters, operands} = optionsOf(invocation);
	const {names, open} = inputsOf(invocation, operands);
	const lines: string[] = [];
	const status = await forEach(invocation, names, async name => {
		const content = await readAll(open(name));
		lines.push(...content.toString().replace(/\n$/v, '').split('\n'));
	});
	const compare = letters.includes('n')
		? (a: string, b: string) => numberAt(a) - numberAt(b)
		: (a: string, b: string) => a < b ? -1 : Number(a > b);
	const sorted = (letters.includes('u') ? [...new Set(lines)] : lines).toSorted(compare);
	await invocation.stdout.write((letters.includes('r') ? sorted.toReversed() : sorted).map(line => `${line}\n`).join(''));
	return status;
};

export const sha256sum: Program = async invocation => {
	const {names, open} = inputsOf(invocation, optionsOf(invocation).operands);
	return forEach(invocation, names, async name => {
		await invocation.stdout.write(`${createHash('sha256').update(await readAll(open(name))).digest('hex')}  ${name}\n`);
	});
};

const mostNumbers = 10_000_000;

export const seq: Program = async ({command, stdout, stderr, signal}) => {
	const numbers = command.slice(1).map(Number);
	const [first, step, last] = [numbers.length > 1 ? numbers[0]! : 1, numbers.length > 2 ? numbers[1]! : 1, numbers.at(-1)!];
	if (numbers.length === 0 || step === 0 || [first, step, last].some(number => !Number.isSafeInteger(number)) || (last - first) / step > mostNumbers) {
		await stderr.write('seq: invalid number\n');
		return 1;
	}

	let batch = '';
	for (let number = first; (step > 0 ? number <= last : number >= last) && !signal.aborted; number += step) {
		batch += `${number}\n`;
		if (!(batch.length > 8192)) {
			continue;
		}

		await stdout.write(batch);
		batch = '';
	}

	await stdout.write(batch);
	return 0;
};

/** Says the same again and again, until a signal ends it or nobody listens. */
export const yes: Program = async ({command, stdout, signal, host}) => {
	const line = `${command.slice(1).join(' ') || 'y'}\n`;
	const batch = Buffer.from(line.repeat(Math.max(Math.floor(4096 / line.length), 1)));
	for (let count = 1; !signal.aborted; count++) {
		await stdout.write(batch);
		if (count % 256 === 0) {
			await host.sleep(0, signal);
		}
	}

	return 0;
};
