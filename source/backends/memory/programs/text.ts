import {Buffer} from 'node:buffer';
import type {Input} from '../pipe.js';
import type {Invocation, Program} from '../process.js';
import {
	fileInput,
	forEach,
	pathIn,
	refuse,
	withOptions,
} from './options.js';

/** What a program reads under a name: a file, or its standard input for `-`. */
const inputOfName = ({host, directory, stdin}: Invocation, name: string): Input =>
	name === '-' ? stdin : fileInput(host.files, pathIn(directory, name));

export const cat = withOptions('', async (invocation, {operands}) => forEach(invocation, operands.length === 0 ? ['-'] : operands, async name => {
	const input = inputOfName(invocation, name);
	const {signal, stdout} = invocation;
	for (let chunk = await input.read(signal); chunk; chunk = await input.read(signal)) {
		await stdout.write(chunk);
	}
}));

/** `tail -n COUNT [FILE...]`. */
export const tail: Program = async invocation => {
	const [, option, count = '', ...operands] = invocation.command;
	if (option !== '-n' || !/^\d{1,9}$/v.test(count)) {
		return refuse(invocation, 'tail -n COUNT [FILE...]');
	}

	return forEach(invocation, operands.length === 0 ? ['-'] : operands, async name => {
		const input = inputOfName(invocation, name);
		const lines: string[] = [];
		for (let line = await input.readLine(invocation.signal); line !== undefined; line = await input.readLine(invocation.signal)) {
			lines.push(line);
			lines.splice(0, lines.length - Number(count));
		}

		await invocation.stdout.write(lines.join(''));
	});
};

/** `echo [-n] [WORD...]`. */
export const echo: Program = async invocation => {
	const [, ...words] = invocation.command;
	if (/^-[enE]*[eE]/v.test(words[0] ?? '')) {
		return refuse(invocation, 'echo [-n] [WORD...]');
	}

	const isUnended = words[0] === '-n';
	await invocation.stdout.write(isUnended ? words.slice(1).join(' ') : `${words.join(' ')}\n`);
	return 0;
};

/** `printf TEXT`, with octal bytes and `\n` in it. */
export const printf: Program = async invocation => {
	const [, text, ...more] = invocation.command;
	if (text === undefined || more.length > 0 || /%|\\(?![0-7n\\])/v.test(text)) {
		return refuse(invocation, 'printf TEXT with \\n and octal bytes');
	}

	// Bytes as characters, one each, so that escapes can give any byte.
	const bytes = Buffer.from(text).toString('latin1').replaceAll(/\\(?:(?<octal>[0-7]{1,3})|(?<character>[n\\]))/gv, (_whole, octal?: string, character?: string) =>
		octal === undefined ? (character === 'n' ? '\n' : '\\') : String.fromCodePoint(Number.parseInt(octal, 8) % 256));
	await invocation.stdout.write(Buffer.from(bytes, 'latin1'));
	return 0;
};

const mostNumbers = 10_000_000;

/** `seq FIRST LAST`. */
export const seq: Program = async invocation => {
	const {command, stdout, signal} = invocation;
	const [first = NaN, last = NaN, ...more] = command.slice(1).map(Number);
	if (more.length > 0 || !Number.isSafeInteger(first) || !Number.isSafeInteger(last) || last - first > mostNumbers) {
		return refuse(invocation, 'seq FIRST LAST');
	}

	let batch = '';
	for (let number = first; number <= last && !signal.aborted; number++) {
		batch += `${number}\n`;
		if (batch.length > 8192) {
			await stdout.write(batch);
			batch = '';
		}
	}

	await stdout.write(batch);
	return 0;
};
