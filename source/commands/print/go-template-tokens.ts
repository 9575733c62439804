import {HolmError} from '../../engine/errors.js';

export type Token = {
	readonly kind: 'text' | 'open' | 'close' | 'field' | 'variable' | 'word' | 'value' | 'symbol';
	readonly text: string;
	/** The value of a literal. */
	readonly value?: string | number | boolean | undefined;
	/** From 1, in characters of the template. */
	readonly position: number;
};

/** The error for a template, with its position. */
export const templateError = (message: string, position: number, remedy = 'templates are Go\'s, such as {{.ID}} or {{json .}}'): HolmError =>
	new HolmError('invalid', `template: character ${position}: ${message}`, {remedy});

const escapes: Readonly<Record<string, string>> = {
	n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', '\'': '\'',
};

const unquote = (literal: string, position: number): string => {
	const body = literal.slice(1, -1);
	return literal.startsWith('`')
		? body
		: body.replaceAll(/\\(?<letter>.)/gv, (_, letter: string) => {
			if (escapes[letter] === undefined) {
				throw templateError(`unknown escape \\${letter}`, position);
			}

			return escapes[letter];
		});
};

const patterns: ReadonlyArray<readonly [Token['kind'], RegExp]> = [
	['value', /"(?:[^\n"\\]|\\.)*"|`[^`]*`/vy],
	['value', /-?\d+(?:\.\d+)?/vy],
	['variable', /\$\w*/vy],
	['field', /\.\w+/vy],
	['word', /[a-z_]\w*/ivy],
	['symbol', /:=|[\(\),.=\|]/vy],
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
			kind, text, value: /^["`]/v.test(text) ? unquote(text, position) : Number(text), position,
		};
	}

	return {kind, text, position};
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

/** The tokens of one action, from after its `{{`, and its end. */
const tokeniseAction = (
	template: string,
	start: number,
): {readonly tokens: readonly Token[]; readonly end: number; readonly isTrimming: boolean} => {
	const tokens: Token[] = [];
	let index = start;
	for (;;) {
		index += /^\s*/v.exec(template.slice(index))![0].length;
		const closing = /^-?\}\}/v.exec(template.slice(index));
		if (closing) {
			tokens.push({kind: 'close', text: '}}', position: index + 1});
			return {tokens, end: index + closing[0].length, isTrimming: closing[0].startsWith('-')};
		}

		const token = nextToken(template, index);
		tokens.push(token);
		index += token.text.length;
	}
};

/** The text and actions of a Go template, trimmed by `{{-` and `-}}`. */
export const tokenise = (template: string): readonly Token[] => {
	const tokens: Token[] = [];
	let index = 0;
	let isAfterTrim = false;
	while (index < template.length) {
		const open = template.indexOf('{{', index);
		const end = open === -1 ? template.length : open;
		const isBeforeTrim = /^\{\{-\s/v.test(template.slice(end, end + 4));
		let text = template.slice(index, end);
		text = isAfterTrim ? text.trimStart() : text;
		text = isBeforeTrim ? text.trimEnd() : text;
		if (text !== '') {
			tokens.push({kind: 'text', text, position: index + 1});
		}

		if (open === -1) {
			break;
		}

		const comment = /^\{\{(?:-\s)?\/\*.*?\*\/(?<trim>\s-)?\}\}/sv.exec(template.slice(open));
		if (comment) {
			index = open + comment[0].length;
			isAfterTrim = comment.groups!.trim !== undefined;
			continue;
		}

		const action = tokeniseAction(template, open + (isBeforeTrim ? 3 : 2));
		tokens.push({kind: 'open', text: '{{', position: open + 1}, ...action.tokens);
		index = action.end;
		isAfterTrim = action.isTrimming;
	}

	return tokens;
};
