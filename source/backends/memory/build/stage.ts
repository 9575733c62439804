import path from 'node:path';
import {HolmError} from '../../../engine/errors.js';
import type {ImageConfiguration} from '../../../engine/resources.js';
import {mergeEnvironment} from '../../../rules/containers/container-process.js';
import {signalNumber} from '../../../rules/containers/signals.js';
import {execForm, failedCommand} from '../../../rules/images/build-texts.js';
import {assertChanges} from '../../../rules/images/committed-image.js';
import {textWildcards, wildcardMatcher} from '../../../text/wildcards.js';
import {nodesBelow, type FileTree} from '../file-tree.js';
import type {Derivation} from '../image-store.js';
import {
	notInDemo,
	pairsOf,
	parseDockerfile,
	splitWords,
	substitute,
	type Instruction,
} from './dockerfile.js';
import {parseHealthcheck} from './healthcheck.js';

/** The image of a build so far. */
export type Stage = {
	readonly files: FileTree;
	configuration: ImageConfiguration;
	readonly history: Array<Derivation['history'][number]>;
	/** Build arguments that were declared. */
	readonly arguments: Map<string, string>;
};

export type BuildContext = {
	readonly files: FileTree;
	readonly buildArguments: Readonly<Record<string, string>>;
	/** Runs a command in the file system of the stage; resolves with its exit status. */
	readonly run: (command: readonly string[]) => Promise<number>;
};

const refuse = (message: string): never => {
	throw new HolmError('invalid', message);
};

/** The variables of a stage: arguments, and the environment over them. */
export const variablesOf = ({arguments: arguments_, configuration}: Stage): ReadonlyMap<string, string> =>
	new Map([...arguments_, ...configuration.environment.map(variable => {
		const [name = ''] = variable.split('=', 1);
		return [name, variable.slice(name.length + 1)] as const;
	})]);

/** The paths from the root that match a pattern with `*` and `?`, sorted; hidden files only for a pattern that begins with a dot. */
const matchFiles = (files: FileTree, pattern: string): readonly string[] => {
	let found = [''];
	for (const part of pattern.split('/').filter(name => name !== '')) {
		const matches = wildcardMatcher(textWildcards(part));
		const isHidden = part.startsWith('.');
		found = found.flatMap(place => {
			const names = files.list(files.find(`${place}/`)?.path ?? place);
			return names.filter(name => name.startsWith('.') === isHidden && matches(name)).map(name => `${place}/${name}`);
		});
	}

	return found;
};

/** Copies as COPY does: the content of a directory; a file under its own name into a directory, or as the destination. */
const copy = (stage: Stage, {text}: Instruction, context: BuildContext) => {
	const {files, configuration, history} = stage;
	const given = substitute(text, variablesOf(stage));
	const words = execForm(given) ?? splitWords(given);
	const destination = words.at(-1);
	const sources = words.slice(0, -1).flatMap(word => {
		const found = matchFiles(context.files, path.posix.resolve('/', word));
		return found.length > 0 ? found : refuse(`not in the build context: ${JSON.stringify(word.slice(0, 200))}: no such file or directory`);
	});
	if (destination === undefined || sources.length === 0) {
		return refuse('COPY needs at least two arguments, and the last is the destination');
	}

	const target = path.posix.resolve(configuration.workingDirectory || '/', destination);
	const isDirectory = /(?:^|\/)\.?$/v.test(destination) || files.find(target)?.node.type === 'directory';
	if (sources.length > 1 && !isDirectory) {
		refuse('When using COPY with more than one source file, the destination must be a directory and end with a /');
	}

	const before = files.bytes();
	for (const source of sources) {
		const {path: from, node} = context.files.locate(source);
		const place = isDirectory && node.type !== 'directory' ? path.posix.join(target, path.posix.basename(source)) : target;
		files.makeDirectory(path.posix.dirname(place));
		const copied = [['', node], ...nodesBelow(context.files.nodes(), from)] as const;
		for (const [inside, file] of copied) {
			// Everything belongs to root, as COPY does.
			files.put(path.posix.join(place, inside), {...file, uid: 0, gid: 0});
		}
	}

	history.push({createdBy: `COPY ${text} # buildkit`, bytes: Math.max(files.bytes() - before, 0)});
};

const commandOf = (text: string): readonly string[] => execForm(text) ?? ['/bin/sh', '-c', text];

const run = async (stage: Stage, {text}: Instruction, context: BuildContext) => {
	const before = stage.files.bytes();
	const status = await context.run(commandOf(text));
	if (status !== 0) {
		throw new HolmError('invalid', failedCommand(text, status), {commandStatus: status});
	}

	stage.history.push({createdBy: `RUN ${execForm(text) ? text : `/bin/sh -c ${text}`} # buildkit`, bytes: Math.max(stage.files.bytes() - before, 0)});
};

const portsOf = (words: readonly string[]): readonly string[] => words.map(word => {
	const {number, protocol = 'tcp'} = /^(?<number>\d{1,5})(?:\/(?<protocol>tcp|udp))?$/v.exec(word.toLowerCase())?.groups ?? {};
	return Number(number) >= 1 && Number(number) <= 65_535 ? `${Number(number)}/${protocol}` : refuse(`invalid containerPort: ${word.slice(0, 60)}`);
});

const listOf = (text: string): readonly string[] => execForm(text) ?? splitWords(text);

/** An instruction that leaves no layer. `given` is its text with variables substituted. */
type Setting = {readonly stage: Stage; readonly text: string; readonly given: string; readonly context: BuildContext};

/** What each instruction changes of the configuration. */
const settings: Readonly<Record<string, (setting: Setting) => Partial<ImageConfiguration>>> = {
	ARG({stage, given, context}) {
		for (const word of splitWords(given)) {
			const [key = ''] = word.split('=', 1);
			const chosen = context.buildArguments[key] ?? (word.includes('=') ? word.slice(key.length + 1) : undefined);
			if (chosen !== undefined) {
				stage.arguments.set(key, chosen);
			}
		}

		return {};
	},
	CMD: ({text}) => ({command: commandOf(text)}),
	// An entrypoint drops the command of the base.
	ENTRYPOINT: ({stage: {history, configuration}, text}) => ({
		entrypoint: commandOf(text),
		command: history.some(({createdBy}) => createdBy.startsWith('CMD ')) ? configuration.command : [],
	}),
	ENV: ({stage: {configuration}, given}) => ({
		environment: mergeEnvironment(configuration.environment, pairsOf('ENV', given).map(([key, value]) => `${key}=${value}`)),
	}),
	EXPOSE: ({stage: {configuration}, given}) => ({
		exposedPorts: [...new Set([...configuration.exposedPorts, ...portsOf(splitWords(given))])],
	}),
	HEALTHCHECK: ({text}) => ({healthcheck: parseHealthcheck(text)}),
	LABEL: ({stage: {configuration: {labels}}, given}) => ({
		labels: {...labels, ...Object.fromEntries(pairsOf('LABEL', given))},
	}),
	STOPSIGNAL({given}) {
		signalNumber(given);
		return {stopSignal: given};
	},
	USER: ({given}) => ({user: given}),
	VOLUME: ({stage: {configuration}, given}) => ({volumes: [...new Set([...configuration.volumes, ...listOf(given)])]}),
	WORKDIR({stage: {configuration, files}, given}) {
		const workingDirectory = path.posix.resolve(configuration.workingDirectory || '/', given);
		files.makeDirectory(workingDirectory);
		return {workingDirectory};
	},
};

/** Carries out one instruction other than the first FROM. Throws `invalid`, and `unsupported` for what the demo does not build. */
export const carryOut = async (stage: Stage, instruction: Instruction, context: BuildContext): Promise<void> => {
	const {name, text} = instruction;
	const setting = settings[name];
	if (name === 'FROM' || ((name === 'COPY' || name === 'RUN') && text.startsWith('--'))) {
		throw notInDemo(name === 'FROM' ? 'a build of several stages' : `${name} ${text.split(/[\s=]/v, 1)[0]!}`);
	}

	if (setting) {
		const given = substitute(text, variablesOf(stage));
		stage.configuration = {...stage.configuration, ...setting({
			stage, text, given, context,
		})};
		stage.history.push({createdBy: `${name} ${text}`});
	} else if (name === 'COPY') {
		copy(stage, instruction, context);
	} else {
		await run(stage, instruction, context);
	}
};

/** Changes the configuration of a stage by the instructions of a commit or an import. Throws `invalid` for others. */
export const applyChanges = async (stage: Stage, changes: readonly string[]): Promise<void> => {
	assertChanges(changes);
	for (const instruction of changes.length > 0 ? parseDockerfile(changes.join('\n')) : []) {
		await carryOut(stage, instruction, {files: stage.files, buildArguments: {}, run: async () => 0});
	}
};
