import {HolmError} from '../engine/errors.js';
import {correction} from '../flags/suggest.js';
import {hidden} from './hidden-commands.js';
import {
	findEntry,
	groups,
	sections,
	type Entry,
	type Group,
} from './command-table.js';

export type FoundCommand =
	| {readonly kind: 'command'; readonly name: string; readonly entry: Entry; readonly rest: readonly string[]}
	/** A group without a command, which prints its help. */
	| {readonly kind: 'group'; readonly name: string; readonly group: Group};

const isHelp = (word: string | undefined) => ['--help', '-h', 'help'].includes(word ?? '');

/** Finds the command that the first words name. Throws `invalid` for an unknown one, suggesting similar ones. */
export const findCommand = (argv: readonly string[]): FoundCommand => {
	const [word = '', ...rest] = argv;
	if (Object.hasOwn(groups, word)) {
		const group = groups[word]!;
		const [verb, ...afterVerb] = rest;
		if (verb === undefined || isHelp(verb)) {
			return {kind: 'group', name: word, group};
		}

		const entry = findEntry(group.entries, verb);
		if (!entry) {
			throw new HolmError('invalid', `unknown command: holm ${word} ${verb}`, {remedy: correction(verb, Object.keys(group.entries), `holm ${word} --help lists them`)});
		}

		return {
			kind: 'command', name: `${word} ${verb}`, entry, rest: afterVerb,
		};
	}

	const all = Object.assign({}, ...Object.values(sections)) as Readonly<Record<string, Entry>>;
	const entry = findEntry(all, word) ?? findEntry(hidden, word);
	if (!entry) {
		throw new HolmError('invalid', `unknown command: ${word}`, {remedy: correction(word, [...Object.keys(all), ...Object.keys(groups)], 'holm --help lists them')});
	}

	return {
		kind: 'command', name: word, entry, rest,
	};
};
