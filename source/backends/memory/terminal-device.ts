import {Buffer} from 'node:buffer';
import os from 'node:os';
import type {TerminalSize} from '../../engine/sessions.js';
import {HolmError} from '../../engine/errors.js';
import type {Output, Pipe} from './pipe.js';

/** A terminal between a user and a process, in Linux's default mode: whole lines, with echo. */
export type TerminalDevice = {
	/** Receives what was typed. */
	readonly type: (bytes: Uint8Array) => Promise<void>;
	/** Passes on what the process writes, with a carriage return before each line feed. */
	readonly output: Output;
};

export type TerminalOptions = {
	/** Where the process reads from. */
	readonly input: Pipe;
	readonly screen: Output;
	readonly signal: (number: number) => void;
};

const {SIGINT, SIGQUIT} = os.constants.signals;
const signals: Readonly<Record<string, number>> = {'\u{3}': SIGINT, '\u{1C}': SIGQUIT};
const endOfFile = '\u{4}';
const eraseLine = '\u{15}';
const erase = new Set(['\u{7F}', '\b']);

/** How a terminal shows a control character. */
const caret = (character: string) => `^${String.fromCodePoint(character.codePointAt(0)! + 64)}`;

const isControl = (character: string) => character < ' ' && character !== '\t';

export const createTerminalDevice = ({input, screen, signal}: TerminalOptions): TerminalDevice => {
	let line: string[] = [];
	const decoder = new TextDecoder();

	/** The echo that is not written yet. */
	let echoed = '';
	const show = async () => {
		const text = echoed;
		echoed = '';
		await screen.write(text);
	};

	const typeOne = async (character: string) => {
		if (signals[character] !== undefined) {
			line = [];
			echoed += `${caret(character)}\r\n`;
			await show();
			signal(signals[character]);
		} else if (character === endOfFile) {
			await show();
			if (line.length === 0) {
				input.end();
			} else {
				await input.write(line.join(''));
				line = [];
			}
		} else if (character === '\r' || character === '\n') {
			const text = `${line.join('')}\n`;
			line = [];
			echoed += '\r\n';
			await show();
			await input.write(text);
		} else if (erase.has(character)) {
			echoed += line.pop() === undefined ? '' : '\b \b';
		} else if (character === eraseLine) {
			echoed += '\b \b'.repeat(line.length);
			line = [];
		} else {
			line.push(character);
			echoed += isControl(character) ? caret(character) : character;
		}
	};

	return {
		async type(bytes) {
			for (const character of decoder.decode(bytes, {stream: true})) {
				await typeOne(character);
			}

			await show();
		},
		output: {
			async write(data) {
				const text = (typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.length)).toString('latin1');
				await screen.write(Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1'));
			},
		},
	};
};
