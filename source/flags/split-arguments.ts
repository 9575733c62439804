import {HolmError} from '../engine/errors.js';
import type {Flag, FlagTable, RefusedFlags} from './flag-table.js';
import {correction} from './suggest.js';

export type SplitArguments = {
	/** Every flag as `--name=value`, in the order given. */
	readonly flags: readonly string[];
	readonly input: readonly string[];
};

export type SplitOptions = {
	/** Name of the command, for messages. */
	readonly name: string;
	readonly refused?: RefusedFlags;
	readonly flagsEndAtFirstArgument?: boolean;
};

/** `sigProxy` as `sig-proxy`. */
export const kebabCase = (name: string) => name.replaceAll(/[A-Z]/gv, letter => `-${letter.toLowerCase()}`);

export type KnownFlag = {readonly name: string; readonly flag: Flag};

/** The flags of a table by each of their names, as `--name` and `-n`. */
export const lookupOf = (table: FlagTable): ReadonlyMap<string, KnownFlag> => {
	const known = new Map<string, KnownFlag>();
	for (const [key, flag] of Object.entries(table)) {
		const entry = {name: kebabCase(key), flag};
		known.set(`--${entry.name}`, entry);
		for (const alias of flag.aliases ?? []) {
			known.set(`--${alias}`, entry);
		}

		if (flag.shortFlag) {
			known.set(`-${flag.shortFlag}`, entry);
		}
	}

	return known;
};

const booleans: Readonly<Record<string, boolean>> = {
	true: true, t: true, 1: true, false: false, f: false, 0: false,
};

/** Flags of Docker's that are refused and take no value. */
const withoutValue = new Set([
	'--attachable', '--compress', '--config-only', '--disable-content-trust', '--ingress', '--ipv4', '--ipv6', '--oom-kill-disable', '--squash', '--use-api-socket',
]);

/** The error for refused flags: one names them all. */
const refusalOf = (refusals: ReadonlyMap<string, RefusedFlags[string]>): HolmError => {
	const [[first, only]] = [...refusals] as [[string, RefusedFlags[string]]];
	return new HolmError('unsupported', refusals.size === 1
		? `${first} is not supported: ${only.reason}`
		: `${refusals.size} flags are not supported: ${[...refusals].map(([flag, {reason}]) => `${flag} (${reason})`).join(', ')}`, {
		remedy: [...new Set(refusals.values().map(({remedy}) => remedy))].join('; '),
	});
};

/**
Splits a command line into flags and arguments by the command's flag table: `-it`, `-p8000:80`, `--name x`, `--name=x`, `--`.

Arguments after the image of `holm run` must reach the container unchanged, so that this runs before any parser. Throws `invalid`, and `unsupported` for flags of Docker's that are refused, naming them all.
*/
export const splitArguments = (
	argv: readonly string[],
	table: FlagTable,
	{name, refused = {}, flagsEndAtFirstArgument = false}: SplitOptions,
): SplitArguments => {
	const known = lookupOf(table);
	const flags: string[] = [];
	const input: string[] = [];
	const refusals = new Map<string, RefusedFlags[string]>();
	const help = `holm ${name} --help lists the flags`.replace('  ', ' ');

	const find = (given: string): KnownFlag => {
		const entry = known.get(given);
		if (!entry) {
			throw new HolmError('invalid', `unknown flag: ${given}`, {remedy: correction(given, known.keys().filter(key => key.startsWith('--') === given.startsWith('--')).toArray(), help)});
		}

		return entry;
	};

	const add = ({name: flagName, flag}: KnownFlag, given: string, value: string) => {
		if (flag.type === 'boolean' && booleans[value.toLowerCase()] === undefined) {
			throw new HolmError('invalid', `invalid value "${value}" for ${given}`, {remedy: 'it is true or false'});
		}

		flags.push(`--${flagName}=${flag.type === 'boolean' ? booleans[value.toLowerCase()] : value}`);
	};

	let index = 0;
	const valueOf = (given: string): string => {
		const value = argv[++index];
		if (value === undefined) {
			throw new HolmError('invalid', `flag needs a value: ${given}`, {remedy: help});
		}

		return value;
	};

	const addLong = (argument: string) => {
		const equals = argument.indexOf('=');
		const given = equals === -1 ? argument : argument.slice(0, equals);
		if (!known.has(given) && Object.hasOwn(refused, given)) {
			refusals.set(given, refused[given]!);
			index += equals === -1 && !withoutValue.has(given) ? 1 : 0;
			return;
		}

		const entry = find(given);
		if (equals === -1) {
			add(entry, given, entry.flag.type === 'boolean' ? 'true' : valueOf(given));
		} else {
			add(entry, given, argument.slice(equals + 1));
		}
	};

	const addCluster = (argument: string) => {
		for (let position = 1; position < argument.length; position++) {
			const given = `-${argument[position]}`;
			const rest = argument.slice(position + 1);
			if (!known.has(given) && Object.hasOwn(refused, given)) {
				refusals.set(given, refused[given]!);
				index += rest === '' ? 1 : 0;
				return;
			}

			const entry = find(given);
			if (entry.flag.type === 'string' || rest.startsWith('=')) {
				add(entry, given, rest === '' ? valueOf(given) : rest.replace(/^=/v, ''));
				return;
			}

			add(entry, given, 'true');
		}
	};

	const walk = () => {
		for (; index < argv.length; index++) {
			const argument = argv[index]!;
			if (argument === '--') {
				input.push(...argv.slice(index + 1));
				return;
			}

			if (argument.startsWith('--')) {
				addLong(argument);
			} else if (argument !== '-' && argument.startsWith('-')) {
				addCluster(argument);
			} else if (flagsEndAtFirstArgument) {
				input.push(...argv.slice(index));
				return;
			} else {
				input.push(argument);
			}
		}
	};

	try {
		walk();
	} catch (error) {
		if (refusals.size === 0) {
			throw error;
		}
	}

	if (refusals.size > 0) {
		throw refusalOf(refusals);
	}

	return {flags, input};
};

/** The text before and after the first separator; the latter is undefined without one. */
export const splitFirst = (text: string, separator: string): readonly [string, string | undefined] => {
	const index = text.indexOf(separator);
	return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + separator.length)];
};
