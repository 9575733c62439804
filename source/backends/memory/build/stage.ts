import path from 'node:path';
import {HolmError} from '../../../engine/errors.js';
import {mergeEnvironment} from '../../../rules/containers/container-process.js';
import {signalNumber} from '../../../rules/containers/signals.js';
import type {ImageConfiguration} from '../../../engine/resources.js';
import type {FileTree} from '../file-tree.js';
import type {Derivation} from '../image-store.js';
import type {ImageRecord} from '../state.js';
import {copyFiles} from './copy-files.js';
import {
	execForm,
	pairsOf,
	splitWords,
	substitute,
	type Instruction,
} from './dockerfile.js';

/** One stage of a build, as far as it has come. */
export type Stage = {
	readonly name: string | undefined;
	readonly base: ImageRecord;
	readonly files: FileTree;
	configuration: ImageConfiguration;
	readonly history: Array<Derivation['history'][number]>;
	/** Build arguments that the stage has declared. */
	readonly arguments: Map<string, string>;
	shell: readonly string[];
};

export type BuildContext = {
	readonly files: FileTree;
	readonly buildArguments: Readonly<Record<string, string>>;
	/** What an ARG before the first FROM said. */
	readonly globals: Map<string, string>;
	/** The content of an earlier stage or of an image. */
	readonly filesOf: (name: string) => FileTree;
	/** Runs a command in the file system of a stage; resolves with its exit status. */
	readonly run: (stage: Stage, command: readonly string[], print: (text: string) => void) => Promise<number>;
	readonly print: (text: string) => void;
};

const refuse = (message: string): never => {
	throw new HolmError('invalid', message);
};

/** The variables that a stage's instructions may name: arguments, over which the environment goes. */
export const variablesOf = ({arguments: arguments_, configuration}: Stage): ReadonlyMap<string, string> =>
	new Map([...arguments_, ...configuration.environment.map(variable => {
		const end = variable.indexOf('=');
		return [variable.slice(0, end), variable.slice(end + 1)] as const;
	})]);

const flagsOf = (text: string): {readonly flags: ReadonlyMap<string, string>; readonly rest: string} => {
	const flags = new Map<string, string>();
	let rest = text;
	for (let match = /^--(?<name>[\-a-z]+)(?:=(?<value>\S*))?\s+/v.exec(rest); match; match = /^--(?<name>[\-a-z]+)(?:=(?<value>\S*))?\s+/v.exec(rest)) {
		flags.set(match.groups!.name!, match.groups!.value ?? 'true');
		rest = rest.slice(match[0].length);
	}

	return {flags, rest};
};

const copy = (stage: Stage, {name, text}: Instruction, context: BuildContext) => {
	const {flags, rest} = flagsOf(substitute(text, variablesOf(stage)));
	const words = execForm(rest) ?? splitWords(rest);
	const remote = words.slice(0, -1).find(word => /^(?:https?|git|ssh):\/\/|^git@/v.test(word));
	if (remote !== undefined) {
		throw new HolmError('unsupported', `${name} of ${JSON.stringify(remote.slice(0, 200))}: an engine in memory has no network`, {remedy: 'put the file into the context'});
	}

	const source = flags.get('from');
	const owner = flags.get('chown')?.split(':').map(Number) ?? [];
	const mode = flags.get('chmod');
	const {bytes, digest} = copyFiles({
		from: source === undefined ? context.files : context.filesOf(source),
		to: stage.files,
		words,
		workingDirectory: stage.configuration.workingDirectory,
		...mode !== undefined && /^[0-7]{3,4}$/v.test(mode) && {mode: Number.parseInt(mode, 8)},
		...Number.isSafeInteger(owner[0]) && {owner: {uid: owner[0]!, gid: owner[1] ?? owner[0]!}},
	});
	stage.history.push({createdBy: `${name} ${text} # buildkit`, bytes, digest});
};

const run = async (stage: Stage, {text}: Instruction, context: BuildContext) => {
	const {rest} = flagsOf(text);
	const command = execForm(rest) ?? [...stage.shell, rest];
	const before = stage.files.bytes();
	const status = await context.run(stage, command, context.print);
	if (status !== 0) {
		refuse(`exit status ${status}`);
	}

	stage.history.push({createdBy: `RUN ${execForm(rest) ? rest : command.join(' ')} # buildkit`, bytes: Math.max(stage.files.bytes() - before, 0)});
};

const portsOf = (words: readonly string[]): readonly string[] => words.flatMap(word => {
	const match = /^(?<first>\d{1,5})(?:-(?<last>\d{1,5}))?(?:\/(?<protocol>tcp|udp))?$/v.exec(word.toLowerCase());
	const [first, last] = [Number(match?.groups?.first), Number(match?.groups?.last ?? match?.groups?.first)];
	if (!match || first < 1 || last < first || last > 65_535) {
		return refuse(`invalid containerPort: ${word.slice(0, 60)}`);
	}

	return Array.from({length: last - first + 1}, (_, index) => `${first + index}/${match.groups!.protocol ?? 'tcp'}`);
});

/** What is known of an instruction that leaves no layer: `given` is its text with variables substituted. */
type Setting = {readonly stage: Stage; readonly instruction: Instruction; readonly given: string; readonly context: BuildContext};

const declareArguments = ({stage, instruction, context}: Setting) => {
	for (const word of splitWords(instruction.text)) {
		const [key = '', ...value] = word.split('=');
		const fallback = value.length > 0 ? substitute(value.join('='), variablesOf(stage)) : context.globals.get(key);
		const chosen = context.buildArguments[key] ?? fallback;
		if (chosen !== undefined) {
			stage.arguments.set(key, chosen);
		}
	}
};

const commandOf = ({stage, instruction: {text}}: Setting): readonly string[] => execForm(text) ?? [...stage.shell, text];

/** What instructions change of the configuration. HEALTHCHECK, MAINTAINER and ONBUILD are kept as history only. */
const settings: Readonly<Record<string, (setting: Setting) => Partial<ImageConfiguration>>> = {
	CMD: setting => ({command: commandOf(setting)}),
	// One of its own also drops the command of the base.
	ENTRYPOINT: setting => ({
		entrypoint: commandOf(setting),
		command: setting.stage.history.some(({createdBy}) => createdBy.startsWith('CMD ')) ? setting.stage.configuration.command : [],
	}),
	ENV: ({stage, instruction, given}) => ({
		environment: mergeEnvironment(stage.configuration.environment, pairsOf({...instruction, text: given}).map(([key, value]) => `${key}=${value}`)),
	}),
	LABEL: ({stage, instruction, given}) => ({labels: {...stage.configuration.labels, ...Object.fromEntries(pairsOf({...instruction, text: given}))}}),
	EXPOSE: ({stage, given}) => ({exposedPorts: [...new Set([...stage.configuration.exposedPorts, ...portsOf(splitWords(given))])]}),
	VOLUME: ({stage, given}) => ({volumes: [...new Set([...stage.configuration.volumes, ...execForm(given) ?? splitWords(given)])]}),
	USER: ({given}) => ({user: given}),
	STOPSIGNAL({given}) {
		signalNumber(given);
		return {stopSignal: given};
	},
	WORKDIR({stage, given}) {
		const workingDirectory = path.posix.resolve(stage.configuration.workingDirectory || '/', given);
		stage.files.makeDirectory(workingDirectory);
		return {workingDirectory};
	},
	ARG(setting) {
		declareArguments(setting);
		return {};
	},
	SHELL({stage, instruction: {text}}) {
		stage.shell = execForm(text) ?? refuse('SHELL requires the arguments to be in JSON form');
		return {};
	},
};

/** Carries out one instruction other than FROM. Throws what it is refused for. */
export const carryOut = async (stage: Stage, instruction: Instruction, context: BuildContext): Promise<void> => {
	switch (instruction.name) {
		case 'COPY':
		case 'ADD': {
			copy(stage, instruction, context);
			break;
		}

		case 'RUN': {
			await run(stage, instruction, context);
			break;
		}

		default: {
			const given = substitute(instruction.text, variablesOf(stage));
			const changes = settings[instruction.name]?.({
				stage, instruction, given, context,
			});
			stage.configuration = {...stage.configuration, ...changes};
			stage.history.push({createdBy: `${instruction.name} ${instruction.text}`});
		}
	}
};
