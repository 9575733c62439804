import {clean} from '../../text/fit.js';
import {decodeText} from './decode.js';
import {levelNamed, type Level} from './level.js';

/** A field of a structured line, in the line's order. */
export type Field = {
	readonly key: string;
	/** Its value as readable text without control characters; of objects and numbers as they were written. */
	readonly text: string;
};

export type Structure = {readonly kind: 'json' | 'logfmt'; readonly fields: readonly Field[]};

const jsonToken = /"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]\{\}:,]|[^\s"\[\]\{\}:,]+/gv;
const logfmtToken = /(?<key>[^\s="]+)(?:=(?:"(?<quoted>[^"\\]*(?:\\.[^"\\]*)*)"|(?<value>[^\s"]*))(?=\s|$))?/gv;

/** Characters; longer lines are not looked into. Lines in memory are shorter unless most of their bytes are escaped. */
const longestLine = 65_536;

/** The tokens of a line that is a JSON object; undefined if it is none. Numbers stay as they were written. */
export const jsonTokens = (text: string): readonly string[] | undefined => {
	if (text.length > longestLine || !text.startsWith('{') || !text.trimEnd().endsWith('}')) {
		return undefined;
	}

	try {
		JSON.parse(text);
	} catch {
		return undefined;
	}

	return text.match(jsonToken) ?? [];
};

/** The text of a JSON string or of another token, as lines. */
export const linesOfToken = (token: string): readonly string[] => {
	if (!token.startsWith('"')) {
		return [token];
	}

	const value = JSON.parse(token) as string;
	return value.replace(/\r?\n$/v, '').split(/\r?\n/v).map(line => decodeText(line).text);
};

const textOfString = (token: string): string => {
	const value = JSON.parse(token) as string;
	return clean(decodeText(value).text);
};

const jsonFields = (tokens: readonly string[]): readonly Field[] => {
	const fields: Field[] = [];
	let depth = 0;
	let key: string | undefined;
	let value: string[] = [];
	const end = () => {
		if (key !== undefined) {
			fields.push({key, text: value.length === 1 && value[0]!.startsWith('"') ? textOfString(value[0]!) : value.join('')});
		}

		key = undefined;
		value = [];
	};

	for (const token of tokens) {
		const isOpening = token === '{' || token === '[';
		const isClosing = token === '}' || token === ']';
		depth -= Number(isClosing);
		if ((depth === 0 && isClosing) || (depth === 1 && token === ',')) {
			end();
		} else if (depth === 1 && key === undefined && token.startsWith('"')) {
			key = textOfString(token);
		} else if (depth > 0 && !(depth === 1 && token === ':' && value.length === 0)) {
			value.push(token);
		}

		depth += Number(isOpening);
	}

	return fields;
};

const unquote = (text: string): string => {
	try {
		return textOfString(`"${text}"`);
	} catch {
		return text;
	}
};

/** Pairs of a line that begins with one; words without a value may be among them. */
const logfmtFields = (text: string): readonly Field[] | undefined => {
	if (!/^[^\s="]{1,100}=/v.test(text)) {
		return undefined;
	}

	const fields: Field[] = [];
	let pairs = 0;
	let end = 0;
	for (const {0: whole, index, groups} of text.matchAll(logfmtToken)) {
		// Anything but spaces between two tokens is not logfmt.
		if (text.slice(end, index).trim() !== '') {
			return undefined;
		}

		const {key, quoted, value} = groups!;
		const isPair = whole !== key;
		pairs += Number(isPair);
		fields.push({key: key!, text: quoted === undefined ? value ?? '' : unquote(quoted)});
		end = index + whole.length;
	}

	return text.slice(end).trim() === '' && pairs >= 2 && fields.length <= pairs * 2 ? fields : undefined;
};

/** The fields of a line that is a JSON object or logfmt; undefined for other lines. */
export const structureOf = (text: string): Structure | undefined => {
	const tokens = jsonTokens(text);
	if (tokens) {
		return {kind: 'json', fields: jsonFields(tokens)};
	}

	const fields = text.length <= longestLine && text.includes('=') ? logfmtFields(text) : undefined;
	return fields && {kind: 'logfmt', fields};
};

const timeKeys = ['time', 'ts', 'timestamp', '@timestamp', 't', '@t', 'datetime', 'date', 'asctime'];
const levelKeys = ['level', 'lvl', 'severity', 'severityText', 'loglevel', 'log_level', 'log.level', 'levelname', 'level_name', '@l', '@level'];
const messageKeys = ['msg', 'message', '@m', '@mt', '@message', 'short_message', 'textPayload', 'event', 'log', 'text', 'body'];

/** A structured line in the columns of a log. */
export type Columns = {
	/** As it was written; undefined if the line has none. */
	readonly time?: string;
	readonly level?: Level;
	/** As it was written, if it is not a known level. */
	readonly levelText?: string;
	readonly message: string;
	readonly rest: readonly Field[];
};

/** The last field with one of these keys, earlier keys first. As with JSON objects, the last of equal keys counts. */
const pick = (fields: readonly Field[], keys: readonly string[]): Field | undefined => {
	for (const wanted of keys) {
		const found = fields.findLast(({key}) => key === wanted);
		if (found) {
			return found;
		}
	}

	return undefined;
};

export const columnsOf = ({fields}: Structure): Columns => {
	const time = pick(fields, timeKeys);
	const levelField = pick(fields, levelKeys);
	const message = pick(fields, messageKeys);
	const level = levelField && levelNamed(levelField.text);
	return {
		...(time && {time: time.text}),
		...(level ? {level} : (levelField && {levelText: levelField.text})),
		message: message?.text ?? '',
		rest: fields.filter(field => field !== time && field !== levelField && field !== message),
	};
};
