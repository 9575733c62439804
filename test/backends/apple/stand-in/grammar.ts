import {Refusal} from './invocation.js';

/** What follows an option: nothing, or a value. */
type Kind = 'flag' | 'value';

export type Options = Readonly<Record<string, Kind>>;

export type Parsed = {
	readonly has: (name: string) => boolean;
	/** The last value. */
	readonly value: (name: string) => string | undefined;
	readonly values: (name: string) => readonly string[];
	readonly operands: readonly string[];
};

/** Reads options as Swift's ArgumentParser does: unknown ones are errors of usage. With `isCommand`, all words after the first operand and `isAfter` more are operands. */
export const parseWords = (words: readonly string[], options: Options, isCommand = false): Parsed => {
	const found = new Map<string, string[]>();
	const operands: string[] = [];
	const rest = [...words];
	const add = (name: string, value: string) => {
		found.set(name, [...found.get(name) ?? [], value]);
	};

	while (rest.length > 0) {
		const word = rest.shift()!;
		if (!word.startsWith('-') || word === '-') {
			operands.push(word);
			if (isCommand) {
				operands.push(...rest.splice(0));
			}

			continue;
		}

		const [long = '', ...attached] = word.split('=');
		const kind = options[long];
		if (kind === 'flag' && attached.length === 0) {
			add(long, '');
		} else if (kind === 'value') {
			const value = attached.length > 0 && long.startsWith('--') ? attached.join('=') : rest.shift();
			if (value === undefined) {
				throw new Refusal(`Missing value for '${word}'\nUsage: container`, 64);
			}

			add(long, value);
		} else if (/^-[a-zA-Z]{2,}$/v.test(word) && [...word.slice(1)].every(letter => options[`-${letter}`] === 'flag')) {
			for (const letter of word.slice(1)) {
				add(`-${letter}`, '');
			}
		} else {
			throw new Refusal(`Unknown option '${word}'\nUsage: container\n  See 'container --help' for more information.`, 64);
		}
	}

	return {
		has: name => found.has(name),
		value: name => found.get(name)?.at(-1),
		values: name => found.get(name) ?? [],
		operands,
	};
};

const sorted = (value: unknown): unknown => {
	if (Array.isArray(value)) {
		return value.map(item => sorted(item));
	}

	if (typeof value === 'object' && value !== null) {
		const entries = Object.entries(value).filter(([, item]) => item !== undefined && item !== null);
		return Object.fromEntries(entries.toSorted(([one], [other]) => one.localeCompare(other)).map(([key, item]) => [key, sorted(item)]));
	}

	return value;
};

/** A document as Apple's lists have it: one line, keys sorted, slashes escaped. */
export const compact = (value: unknown): string => `${JSON.stringify(sorted(value)).replaceAll('/', String.raw`\/`)}\n`;

/** A date without fractions of a second. */
export const dateOf = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/v, 'Z');
