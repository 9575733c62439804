import {withHelpFlag, type Arguments, type FlagTable} from '../../flags/flag-table.js';
import {kebabCase, lookupOf, splitFirst, type KnownFlag} from '../../flags/split-arguments.js';
import {globalFlags} from '../help.js';
import {
	findEntry,
	groups,
	sections,
	type Entry,
} from '../command-table.js';
import {
	kindsOfArgument,
	kindsOfFlag,
	valuesOfArgument,
	valuesOfFlag,
	type Candidate,
	type Kind,
} from './candidates.js';
import {filterKeys, filterValues} from './filter-values.js';

/** What may stand at the end of a command line. */
export type Completion = {
	/** Words that start with what is there. */
	readonly candidates: readonly Candidate[];
	/** What else the word may name. */
	readonly kinds: readonly Kind[];
	/** Precedes each candidate in the word, such as `--network=`. */
	readonly prefix: string;
	/** What the word has after the prefix. */
	readonly start: string;
	/** The command, such as `network rm`; empty before one. */
	readonly command: string;
	/** The arguments before the word, which need not be offered again. */
	readonly input: readonly string[];
	/** The flags before the command. */
	readonly globals: {readonly root?: string; readonly host?: string};
	/** The arguments of another program to ask instead. */
	readonly passed?: readonly string[];
};

type Walked = {
	readonly input: readonly string[];
	/** Values of the flags, by name without dashes. */
	readonly values: ReadonlyMap<string, string>;
	/** The last flag, if its value is still to come. */
	readonly pending?: KnownFlag;
	/** No flag can follow. */
	readonly isOver: boolean;
	/** What follows the first argument, where that ends the flags. */
	readonly rest: readonly string[];
};

/** Reads flags and arguments, and passes over what it does not know. */
const walk = (words: readonly string[], {flags, flagsEndAtFirstArgument}: Pick<Arguments, 'flags' | 'flagsEndAtFirstArgument'>): Walked => {
	const known = lookupOf(flags);
	const input: string[] = [];
	const values = new Map<string, string>();
	let pending: KnownFlag | undefined;
	for (const [index, word] of words.entries()) {
		if (pending) {
			values.set(pending.name, word);
			pending = undefined;
		} else if (word === '--') {
			return {input: [...input, ...words.slice(index + 1)], values, isOver: true, rest: words.slice(index + 1)};
		} else if (word.startsWith('-') && word !== '-') {
			const [name, value] = word.startsWith('--') ? splitFirst(word, '=') : [`-${word.at(-1)}`, undefined];
			const flag = known.get(name);
			if (flag && value !== undefined) {
				values.set(flag.name, value);
			}

			pending = flag?.flag.type === 'string' && value === undefined ? flag : undefined;
		} else if (flagsEndAtFirstArgument) {
			return {input: words.slice(index), values, isOver: true, rest: words.slice(index)};
		} else {
			input.push(word);
		}
	}

	return {input, values, pending, isOver: false, rest: []};
};

const flagCandidates = (table: FlagTable): readonly Candidate[] =>
	Object.entries(table).map(([key, {description}]) => ({value: `--${kebabCase(key)}`, description}));

/** Commands by their names, or by an alias where only that one starts with what is there: `container l` offers `ls`. */
const summaries = (entries: Readonly<Record<string, Pick<Entry, 'summary' | 'aliases'>>>, start: string): readonly Candidate[] =>
	Object.entries(entries).map(([name, {summary, aliases}]) => ({
		value: [name, ...aliases ?? []].find(value => value.startsWith(start)) ?? name,
		description: summary,
	}));

const usageAt = (usage: string, index: number): string => {
	const words = usage.split(' ');
	const last = words.at(-1) ?? '';
	return words[index] ?? (last.includes('...') ? last : '');
};

type Place = Pick<Completion, 'command' | 'globals'>;

const filterCompletion = (start: string, place: Place, prefix: string): Completion => {
	const [key, value] = splitFirst(start, '=');
	if (value === undefined) {
		return {
			...place, candidates: filterKeys(place.command).map(candidate => ({value: candidate})), kinds: [], prefix, start, input: [],
		};
	}

	const {values, kinds} = filterValues(place.command, key);
	return {
		...place, candidates: values.map(candidate => ({value: candidate})), kinds, prefix: `${prefix}${key}=`, start: value, input: [],
	};
};

const valueCompletion = ({name, flag}: KnownFlag, start: string, place: Place, prefix = ''): Completion => name === 'filter'
	? filterCompletion(start, place, prefix)
	: {
		...place,
		candidates: valuesOfFlag(name, start, flag.value).map(value => ({value})),
		kinds: kindsOfFlag(name, flag.value),
		prefix,
		start,
		input: [],
	};

/** A flag, or its value. Undefined if the word is an argument. */
const flagCompletion = (current: string, table: FlagTable, {pending, isOver}: Walked, place: Place): Completion | undefined => {
	if (pending) {
		return valueCompletion(pending, current, place);
	}

	if (isOver || !current.startsWith('-')) {
		return undefined;
	}

	const [name, value] = splitFirst(current, '=');
	const flag = value === undefined ? undefined : lookupOf(table).get(name);
	if (flag) {
		return valueCompletion(flag, value!, place, `${name}=`);
	}

	return {
		...place, candidates: flagCandidates(table), kinds: [], prefix: '', start: current, input: [],
	};
};

/** What may stand at the end of the words after `holm`, the last of which is the one at the cursor. */
export const complete = async (words: readonly string[]): Promise<Completion> => {
	const current = words.at(-1) ?? '';
	const globalTable = withHelpFlag(globalFlags);
	const before = walk(words.slice(0, -1), {flags: globalTable, flagsEndAtFirstArgument: true});
	const globals = {root: before.values.get('root'), host: before.values.get('host')};
	const [first, ...others] = before.rest;
	const nothing = {
		candidates: [], kinds: [], prefix: '', start: current, command: '', input: [], globals,
	};
	const all = Object.assign({}, ...Object.values(sections)) as Readonly<Record<string, Entry>>;
	if (first === undefined) {
		return flagCompletion(current, globalTable, before, nothing) ?? {
			...nothing,
			candidates: [...summaries(all, current), ...summaries(groups, current)],
		};
	}

	const group = Object.hasOwn(groups, first) ? groups[first] : undefined;
	const [verb, ...afterVerb] = others;
	if (group && verb === undefined) {
		return {...nothing, candidates: summaries(group.entries, current)};
	}

	const entry = group ? findEntry(group.entries, verb!) : findEntry(all, first);
	if (!entry) {
		return nothing;
	}

	const {command} = await entry.load();
	const {usage, flagsEndAtFirstArgument, passesArguments}: Arguments = command;
	const rest = group ? afterVerb : others;
	const place = {command: group ? `${first} ${verb}` : first, globals};
	if (passesArguments) {
		return {...nothing, ...place, passed: [...rest, current]};
	}

	const table = withHelpFlag(command.flags);
	const walked = walk(rest, {flags: table, flagsEndAtFirstArgument});
	const argument = usageAt(usage, walked.input.length);
	return flagCompletion(current, table, walked, place) ?? {
		...nothing,
		...place,
		candidates: valuesOfArgument(argument).map(value => ({value})),
		kinds: kindsOfArgument(argument),
		input: walked.input,
	};
};
