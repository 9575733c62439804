import {Buffer} from 'node:buffer';
import type {Readable} from 'node:stream';
import type {BuildOptions, BuildVerbs} from '../../engine/build.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import {conclusionOf} from '../../rules/images/build-texts.js';
import {isSamePlatform} from '../../rules/images/platform.js';
import {familiarName, tagName} from '../../rules/images/reference.js';
import {notInDemo, parseDockerfile, type Instruction} from './build/dockerfile.js';
import {carryOut, variablesOf, type Stage} from './build/stage.js';
import {createFileTree, type FileTree} from './file-tree.js';
import {
	deriveImage,
	emptyImage,
	findImage,
	hostArchitecture,
	publishTags,
	recordOf,
} from './image-store.js';
import {knownImages} from './known-images.js';
import {createCollector, emptyInput, type Output} from './pipe.js';
import {startProcess, type ProgramHost} from './process.js';
import {findProgram} from './programs/find-program.js';
import {publish, type ImageRecord, type State} from './state.js';
import {readTar, unpack} from './tar-tree.js';

const readContext = async (context: Readable, now: () => number): Promise<FileTree> => {
	const tree = createFileTree(now);
	unpack(tree, '', await readTar(context), 'Cannot read the build context');
	return tree;
};

const recipeOf = (context: FileTree, file: string | undefined): string => {
	for (const name of file === undefined ? ['Dockerfile', 'Containerfile'] : [file]) {
		const node = context.find(`/${name}`)?.node;
		if (node?.type === 'file') {
			return Buffer.from(node.content).toString();
		}
	}

	throw new HolmError('invalid', `The build context has no ${file === undefined ? 'Dockerfile or Containerfile' : JSON.stringify(file.slice(0, 200))}`, {remedy: 'name the Dockerfile with --file'});
};

/** The image that a build begins with: one that is present, or a known one, which is pulled. */
const baseOf = (state: State, name: string): ImageRecord => {
	try {
		return findImage(state, name).record;
	} catch (error) {
		const full = tagName(name);
		const known = knownImages.find(image => image.name === full);
		if (!known) {
			throw error;
		}

		const record = recordOf(known);
		state.images.set(record.image.id, record);
		publish(state, {type: 'image', action: 'pull', id: familiarName(full), attributes: {name: familiarName(full)}});
		return record;
	}
};

type RunOptions = {readonly command: readonly string[]; readonly output: Output; readonly signal?: AbortSignal};

/** Runs the command of a RUN in the file system of its stage; resolves with its exit status. */
const runInStage = async (state: State, stage: Stage, {command, output, signal}: RunOptions): Promise<number> => {
	const {configuration: {workingDirectory, user}, files} = stage;
	const directory = workingDirectory || '/';
	const host: ProgramHost = {
		hostname: 'buildkitsandbox',
		files,
		findProgram: (name, from) => findProgram(files, name, from),
		now: state.now,
		sleep: state.timers.delay,
		resolve: name => name === 'localhost' ? ['127.0.0.1'] : [],
		answers: address => address.startsWith('127.'),
		unfrozen: async () => undefined,
		processes: new Map(),
	};
	return startProcess({
		host,
		program: host.findProgram(command[0] ?? '', directory).run,
		command,
		environment: new Map([['HOME', '/root'], ...variablesOf(stage)]),
		directory,
		user: user.split(':', 1)[0] || 'root',
		stdin: emptyInput,
		stdout: output,
		stderr: output,
		terminal: false,
		interrupt: signal,
	}).ended;
};

const stepError = (error: unknown, position: string, {name, text}: Instruction): HolmError => {
	const {code, remedy, commandStatus} = error instanceof HolmError ? error : new HolmError('invalid', '');
	return new HolmError(code, `Build failed at step ${position}, ${name} ${text.slice(0, 300)}: ${messageOf(error)}`, {remedy, commandStatus, cause: error});
};

async function * build(state: State, tar: Readable, {signal, ...options}: BuildOptions): AsyncGenerator<Progress, void> {
	const tags = options.tags.map(tag => tagName(tag));
	const files = await readContext(tar, state.now);
	const instructions = parseDockerfile(recipeOf(files, options.file));
	const [first] = instructions;
	if (options.target !== undefined || first!.name !== 'FROM' || /\s/v.test(first!.text)) {
		throw notInDemo(first!.name === 'FROM' ? 'a build of several stages' : `${first!.name} before FROM`);
	}

	let base = emptyImage;
	let stage: Stage = {
		files, configuration: emptyImage.configuration, history: [], arguments: new Map(),
	};
	using _ = state.watch();
	for (const [index, instruction] of instructions.entries()) {
		const position = `${index + 1}/${instructions.length}`;
		yield {text: `STEP ${position}: ${instruction.name} ${instruction.text}\n`};
		const output = createCollector();
		let failure: HolmError | undefined;
		try {
			signal?.throwIfAborted();
			if (instruction === first) {
				const found = baseOf(state, instruction.text);
				base = found.image;
				stage = {...stage, files: found.files.fork(), configuration: base.configuration};
			} else {
				await carryOut(stage, instruction, {
					files,
					buildArguments: options.buildArguments,
					run: async command => runInStage(state, stage, {command, output, signal}),
				});
			}
		} catch (error) {
			failure = signal?.aborted ? new HolmError('unavailable', 'Build cancelled', {cause: error}) : stepError(error, position, instruction);
		}

		const printed = output.content().toString();
		if (printed !== '') {
			yield {text: printed};
		}

		if (failure) {
			throw failure;
		}
	}

	const {configuration} = stage;
	const labels = {...configuration.labels, ...options.labels};
	const {id} = deriveImage(state, base, {...stage, tags, configuration: {...configuration, labels}});
	publishTags(state, id, tags);
	yield * conclusionOf(id, tags);
}

export const buildVerbs = (state: State): BuildVerbs => ({
	buildImage(context, options) {
		const own = `linux/${hostArchitecture}`;
		if (options.platform !== undefined && !isSamePlatform(options.platform, own)) {
			throw new HolmError('unsupported', `an image for ${JSON.stringify(options.platform.slice(0, 60))} cannot be built on this host: its VMs are ${own}`, {remedy: 'leave out the platform'});
		}

		if (options.secrets?.size || options.agents?.size || options.takeFiles) {
			throw new HolmError('unsupported', 'secrets, agents and files of a build need BuildKit, which the demo does not have', {remedy: 'leave them out'});
		}

		return build(state, context, options);
	},
});
