import {Buffer} from 'node:buffer';
import {brokenPipe, largestRead, type Output} from '../pipe.js';
import {evaluate} from './arithmetic.js';
import {createFields} from './fields.js';
import {strip, valueOf} from './parameters.js';
import {
	compilePattern,
	isPattern,
	matchFiles,
	type PatternPiece,
} from './patterns.js';
import {ShellExit, type Shell} from './shell-state.js';
import type {Script, Word, WordPart} from './syntax.js';

/** Runs a script for its output. */
export type Substitute = (shell: Shell, script: Script, output: Output) => Promise<void>;

/** A piece of a word after its substitutions; a break separates two words whatever they are. */
type Piece = PatternPiece & {readonly isBreak?: boolean};

const withoutEndingLines = (text: string): string => {
	let end = text.length;
	while (text[end - 1] === '\n') {
		end--;
	}

	return text.slice(0, end);
};

/** Ends the shell because of a parameter. */
const complain = async (shell: Shell, text: string): Promise<never> => {
	await shell.invocation.stderr.write(`sh: ${text}\n`);
	throw new ShellExit('exit', 2);
};

/** A parameter as it is; quoted, `$@` keeps its words apart. */
const plainPieces = async (shell: Shell, {name, quoted}: Extract<WordPart, {type: 'variable'}>, value: string | undefined): Promise<readonly Piece[]> => {
	if (name === '@' && quoted) {
		return shell.positional.slice(1).flatMap((text, index) => [...index > 0 ? [{text: '', quoted: true, isBreak: true}] : [], {text, quoted: true}]);
	}

	if (value === undefined && shell.options.failOnUnset && name !== '@' && name !== '*') {
		return complain(shell, `${name}: parameter not set`);
	}

	return [{text: value ?? '', quoted}];
};

export const createExpander = (substitute: Substitute) => {
	const variablePieces = async (shell: Shell, part: Extract<WordPart, {type: 'variable'}>): Promise<readonly Piece[]> => {
		const {name, operator, word, quoted} = part;
		const value = valueOf(shell, name);
		const isMissing = value === undefined || (operator.startsWith(':') && value === '');
		switch (operator.replace(':', '')) {
			case '': {
				return plainPieces(shell, part, value);
			}

			case 'length': {
				return [{text: String([...value ?? ''].length), quoted}];
			}

			case '-': {
				return isMissing ? piecesOf(shell, word) : [{text: value, quoted}];
			}

			case '+': {
				return isMissing ? [] : piecesOf(shell, word);
			}

			case '=': {
				const text = isMissing ? await textOf(shell, word) : value;
				shell.variables.set(name, text);
				return [{text, quoted}];
			}

			case '?': {
				return isMissing ? complain(shell, `${name}: ${await textOf(shell, word) || 'parameter not set'}`) : [{text: value, quoted}];
			}

			default: {
				return [{text: strip(value ?? '', operator, await piecesOf(shell, word)), quoted}];
			}
		}
	};

	const outputOf = async (shell: Shell, script: Script): Promise<string> => {
		const chunks: Uint8Array[] = [];
		let length = 0;
		await substitute(shell, script, {
			async write(data) {
				const chunk = Buffer.from(data as string);
				length += chunk.length;
				if (length > largestRead) {
					throw brokenPipe();
				}

				chunks.push(chunk);
			},
		});
		return Buffer.concat(chunks).toString();
	};

	const piecesOf = async (shell: Shell, word: Word): Promise<readonly Piece[]> => {
		const pieces: Piece[] = [];
		for (const part of word) {
			switch (part.type) {
				case 'text': {
					pieces.push({text: part.text, quoted: part.quoted});
					break;
				}

				case 'variable': {
					pieces.push(...await variablePieces(shell, part));
					break;
				}

				case 'command': {
					const text = await outputOf(shell, part.script);
					pieces.push({text: withoutEndingLines(text), quoted: part.quoted});
					break;
				}

				case 'arithmetic': {
					const text = await textOf(shell, part.text);
					pieces.push({
						text: String(evaluate(text, {
							get: name => valueOf(shell, name) ?? '',
							set(name, value) {
								shell.variables.set(name, value);
							},
						})),
						quoted: part.quoted,
					});
					break;
				}
			}
		}

		return pieces;
	};

	const withHome = (shell: Shell, word: Word): Word => {
		const [first, ...rest] = word;
		return first?.type === 'text' && !first.quoted && /^~(?:\/|$)/v.test(first.text)
			? [{type: 'text', text: shell.variables.get('HOME') ?? '/', quoted: true}, {...first, text: first.text.slice(1)}, ...rest]
			: word;
	};

	/** The text of a word, which stays one word. */
	const textOf = async (shell: Shell, word: Word): Promise<string> => {
		const pieces = await piecesOf(shell, withHome(shell, word));
		if (pieces.reduce((length, {text}) => length + text.length, 0) > largestRead) {
			throw new Error('out of memory');
		}

		return pieces.map(({text, isBreak}) => isBreak ? ' ' : text).join('');
	};

	/** The words that come of one: split where values have spaces, with file names for patterns. */
	const wordsOf = async (shell: Shell, word: Word): Promise<readonly string[]> => {
		const fields = createFields(shell.variables.get('IFS') ?? ' \t\n');
		for (const part of withHome(shell, word)) {
			for (const piece of await piecesOf(shell, [part])) {
				if (piece.isBreak) {
					fields.separate();
				} else if (piece.quoted || part.type === 'text') {
					fields.add(piece);
				} else {
					fields.split(piece.text);
				}
			}
		}

		return fields.finish().flatMap(field => {
			const found = isPattern(field) ? matchFiles(shell.invocation.host.files, shell.directory, field) : [];
			return found.length > 0 ? found : [field.map(({text}) => text).join('')];
		});
	};

	/** A word as a pattern that a whole text is compared with. */
	const patternOf = async (shell: Shell, word: Word): Promise<(text: string) => boolean> => compilePattern(await piecesOf(shell, word));

	return {textOf, wordsOf, patternOf};
};

export type Expander = ReturnType<typeof createExpander>;
