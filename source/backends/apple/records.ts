import {HolmError} from '../../engine/errors.js';
import type {RestartPolicy} from '../../engine/resources.js';
import {escapeControls} from '../../text/escape.js';
import {membersOf} from './decode/lenient.js';
import type {Program} from './program.js';

/** What changes in the life of a container, and what Apple forgets of it. */
export type StoredState = {
	/** After a rename. */
	readonly name?: string;
	readonly restartPolicy?: RestartPolicy;
	readonly links?: readonly string[];
	readonly restartCount?: number;
	/** Of the last start, in milliseconds. */
	readonly startedAt?: number;
	/** Apple's date of that start; undefined until it was seen. */
	readonly startedDate?: number;
	/** What the last attempt at a restart, which the policy asked for, has failed with, and the end before it. */
	readonly failure?: Exit & {readonly reason: string};
	/** A user has stopped it since. */
	readonly isStopped?: boolean;
};

export type Exit = {readonly exitCode: number; readonly finishedAt: number};

/** The directory of a container, as its files say. */
export type Stored = {
	readonly state: StoredState;
	/** Of the last run that was started by Holm, once it has ended. */
	readonly exit?: Exit;
	/** The process that waits for the end of its run, while there is one. */
	readonly keeper?: number;
};

/** The directory of records of all containers. */
export const recordsIn = ({home}: Pick<Program, 'home'>): string => `${home}/.holm/apple`;

export const directoryOf = (program: Pick<Program, 'home'>, id: string): string => `${recordsIn(program)}/${id}`;

const readScript = `
cd "$1" 2>/dev/null || exit 0
for d in */; do
	d=\${d%/} s= e= k=
	[ -e "$d/state" ] && IFS= read -r s <"$d/state"
	[ -e "$d/exit" ] && IFS= read -r e <"$d/exit"
	[ -e "$d/keeper" ] && IFS= read -r k <"$d/keeper" && { kill -0 "$k" 2>/dev/null || k=; }
	printf '%s\\t%s\\t%s\\t%s\\n' "$d" "$e" "$k" "$s"
done
`;

const parseState = (text: string): StoredState => {
	try {
		return membersOf(JSON.parse(text));
	} catch {
		return {};
	}
};

/** Reads a line of the script's output. */
export const parseRecord = (line: string): readonly [id: string, stored: Stored] | undefined => {
	const [id = '', exit = '', keeper = '', ...state] = line.split('\t');
	if (!/^[\da-f]{64}$/v.test(id)) {
		return undefined;
	}

	const {code, seconds} = /^(?<code>\d{1,3}) (?<seconds>\d{1,12})$/v.exec(exit)?.groups ?? {};
	return [id, {
		state: parseState(state.join('\t')),
		...code !== undefined && {exit: {exitCode: Number(code), finishedAt: Number(seconds) * 1000}},
		...Number(keeper) > 0 && {keeper: Number(keeper)},
	}];
};

export const readRecords = async (program: Program): Promise<ReadonlyMap<string, Stored>> => {
	const {stdout} = await program.shell(readScript, [recordsIn(program)]);
	return new Map(stdout.toString().split('\n').map(line => parseRecord(line)).filter(record => record !== undefined));
};

/** Prints the ids whose process is another one than the keeper, which has the id among its words. One that has just ended is none of them: its exit may be written. */
const strangersScript = `
while [ $# -gt 1 ]; do
	c=$(ps -ww -o command= -p "$2" 2>/dev/null)
	case $c in
		''|*"$1"*) ;;
		*) printf '%s\\n' "$1" ;;
	esac
	shift 2
done
`;

/** The containers among those of the keepers whose process id has another process by now, as after a restart of the host. */
export const readStrangers = async (program: Program, keepers: ReadonlyMap<string, number>): Promise<ReadonlySet<string>> => {
	const {stdout} = await program.shell(strangersScript, [...keepers].flatMap(([id, keeper]) => [id, String(keeper)]));
	return new Set(stdout.toString().split('\n').filter(Boolean));
};

/** The error of a record that could not be written. */
export const unwritten = (program: Program, stderr: string): HolmError => new HolmError(
	'unavailable',
	`cannot write to ${recordsIn(program)} on ${program.transport.name}: ${escapeControls(stderr.trim().split('\n')[0]!.slice(0, 200))}`,
	{remedy: 'make room there, or give that directory to this user'},
);

const writeScript = 'umask 077; [ -d "$1" ] || mkdir -p "$1"; printf \'%s\\n\' "$2" >"$1/state.new" && mv "$1/state.new" "$1/state"';

export const writeRecord = async (program: Program, id: string, state: StoredState): Promise<void> => {
	const {exitCode, stderr} = await program.shell(writeScript, [directoryOf(program, id), JSON.stringify(state)]);
	if (exitCode !== 0) {
		throw unwritten(program, stderr);
	}
};

export const removeRecord = async (program: Program, id: string): Promise<void> => {
	await program.shell('[ -e "$1/holder" ] && kill "$(cat "$1/holder")" 2>/dev/null; rm -rf "$1"', [directoryOf(program, id)]);
};
