import {HolmError} from '../../errors.js';

export type Token = {
	readonly kind: 'text' | 'open' | 'close' | 'field' | 'variable' | 'word' | 'value' | 'symbol';
	readonly text: string;
	/** Of a literal. */
	readonly value?: string | number | boolean | undefined;
	/** From 1, in characters of the template. */
	readonly position: number;
};

/** Refuses a template, naming the place. */
export const templateError = (message: string, position: number, remedy = 'templates are Go\'s, such as {{.ID}} or {{json .}}'): HolmError =>
	new HolmError('invalid', `template: character ${position}: ${message}`, {remedy});

const escapes: Readonly<Record<string, string>> = {
	n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', '\'': '\'',
};

const unquote = (literal: string, position: number): string => {
	const body = literal.slice(1, -1);
	return literal.startsWith('`')
		? body
		: body.replaceAll(/\\(.)/g, (_, letter: string) => {
			if (escapes[letter] === undefined) {
				throw templateError(`unknown escape \\${letter}`, position);
			}

			return escapes[letter];
		});
};

const patterns: ReadonlyArray<readonly [Token['kind'], RegExp]> = [
	['value', /"(?:[^\n"\\]|\\.)*"|`[^`]*`/y],
	['value', /-?\d+(?:\.\d+)?/y],
	['variable', /\$\w*/y],
	['field', /\.\w+/y],
	['word', /[a-z_]\w*/iy],
	['symbol', /:=|[(),.=|]/y],
];

const literals: Readonly<Record<string, boolean | undefined>> = {true: true, false: false, nil: undefined};

const tokenOf = (kind: Token['kind'], text: string, position: number): Token => {
	if (kind === 'word' && Object.hasOwn(literals, text)) {
		return {
			kind: 'value', text, value: literals[text], position,
		};
	}

	if (kind === 'value') {
		return {
			kind, text, value: /^["`]/.test(text) ? unquote(text, position) : Number(text), position,
		};
	}

	return {kind, text, position};
};

/** The text and the actions of a Go template, `{{-` and `-}}` having taken their white space away. */
export const tokenise = (template: string): readonly Token[] => {
	const tokens: Token[] = [];
	let index = 0;
	let isTrimNext = false;
	while (index < template.length) {
		const open = template.indexOf('{{', index);
		const end = open === -1 ? template.length : open;
		const isTrimLast = /^\{\{-\s/.test(template.slice(end, end + 4));
		let text = template.slice(index, end);
		text = isTrimNext ? text.trimStart() : text;
		text = isTrimLast ? text.trimEnd() : text;
		if (text !== '') {
			tokens.push({kind: 'text', text, position: index + 1});
		}

		if (open === -1) {
			break;
		}

		tokens.push({kind: 'open', text: '{{', position: open + 1});
		index = open + (isTrimLast ? 3 : 2);
		for (;;) {
			index += /^\s*/.exec(template.slice(index))![0].length;
			const closing = /^(?:- ?)?\}\}/.exec(template.slice(index));
			if (closing) {
				isTrimNext = closing[0].startsWith('-');
				tokens.push({kind: 'close', text: '}}', position: index + 1});
				index += closing[0].length;
				break;
			}

			const token = nextToken(template, index);
			tokens.push(token);
			index += token.text.length;
		}
	}

	return tokens;
};

const nextToken = (template: string, index: number): Token => {
	for (const [kind, pattern] of patterns) {
		pattern.lastIndex = index;
		const match = pattern.exec(template);
		if (match) {
			return tokenOf(kind, match[0], index + 1);
		}
	}

	throw index < template.length
		? templateError(`unexpected "${template[index]}"`, index + 1)
		: templateError('{{ without }}', template.lastIndexOf('{{') + 1);
};
