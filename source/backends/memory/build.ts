import {Buffer} from 'node:buffer';
import type {Readable} from 'node:stream';
import type {BuildOptions, BuildVerbs} from '../../engine/build.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import {familiarName, tagName} from '../../rules/images/reference.js';
import type {Progress} from '../../engine/resources.js';
import {createWake} from '../../engine/wake.js';
import {createFileTree, type FileTree} from './file-tree.js';
import {deriveImage, filesOf, findImage, imageOf} from './image-store.js';
import {knownImages} from './known-images.js';
import {publish, type ImageRecord, type State} from './state.js';
import {canUnpack, readTar, unpackInto} from './tar-tree.js';
import {
	parseDockerfile,
	splitWords,
	substitute,
	type Instruction,
} from './build/dockerfile.js';
import {runInStage} from './build/run-in-stage.js';
import {carryOut, type BuildContext, type Stage} from './build/stage.js';

const refuse = (message: string, remedy?: string): never => {
	throw new HolmError('invalid', message, {remedy});
};

const readContext = async (context: Readable, now: () => number): Promise<FileTree> => {
	const tree = createFileTree(now);
	const entries = await readTar(context);
	canUnpack(tree, '/', entries, 'Cannot read the build context');
	unpackInto(tree, '/', entries);
	return tree;
};

const recipeOf = (context: FileTree, file: string | undefined): string => {
	for (const name of file === undefined ? ['Dockerfile', 'Containerfile'] : [file]) {
		const node = context.find(`/${name}`)?.node;
		if (node?.type === 'file') {
			return Buffer.from(node.content).toString();
		}
	}

	return refuse(`The build context has no ${file === undefined ? 'Dockerfile or Containerfile' : JSON.stringify(file.slice(0, 200))}`, 'name the Dockerfile with --file');
};

/** The image that a stage begins with: an earlier stage, one that is there, or a known one, which is pulled. */
const baseOf = (state: State, name: string, stages: readonly Stage[]): ImageRecord => {
	const stage = stages.find(stage => stage.name === name);
	if (stage) {
		return {
			image: {...stage.base.image, configuration: stage.configuration}, files: stage.files.fork(),
		};
	}

	try {
		return findImage(state, name).record;
	} catch (error) {
		const full = tagName(name);
		const known = knownImages.find(known => known.name === full);
		if (!known) {
			throw error;
		}

		const record = {image: imageOf(known), files: filesOf(known)};
		state.images.set(record.image.id, record);
		publish(state, 'image', 'pull', familiarName(full), {name: familiarName(full)});
		return record;
	}
};

const beginStage = (state: State, text: string, stages: readonly Stage[], globals: ReadonlyMap<string, string>): Stage => {
	const words = splitWords(substitute(text, globals)).filter(word => !word.startsWith('--'));
	const [name = '', as, alias] = words;
	if (words.length !== 1 && !(words.length === 3 && as?.toLowerCase() === 'as')) {
		refuse('FROM requires either one or three arguments');
	}

	const earlier = stages.find(stage => stage.name === name);
	const base = baseOf(state, name, stages);
	return {
		name: alias?.toLowerCase(),
		base: earlier ? earlier.base : base,
		files: base.files.fork(),
		configuration: base.image.configuration,
		history: earlier ? [...earlier.history] : [],
		arguments: new Map(),
		shell: ['/bin/sh', '-c'],
	};
};

const checkTarget = (instructions: readonly Instruction[], target: string | undefined): readonly Instruction[] => {
	if (target === undefined) {
		return instructions;
	}

	const isTarget = ({name, text}: Instruction) => name === 'FROM' && text.split(/\s+/v).at(-1)?.toLowerCase() === target.toLowerCase() && /\sas\s/iv.test(text);
	const start = instructions.findIndex(instruction => isTarget(instruction));
	if (start === -1) {
		return refuse(`target stage ${JSON.stringify(target.slice(0, 100))} could not be found`, 'name a stage of the Dockerfile: FROM image AS name');
	}

	const end = instructions.findIndex(({name}, index) => index > start && name === 'FROM');
	return end === -1 ? instructions : instructions.slice(0, end);
};

const stepError = (error: unknown, position: string, {name, text}: Instruction): HolmError => {
	const {code, remedy} = error instanceof HolmError ? error : {code: 'invalid' as const, remedy: undefined};
	return new HolmError(code, `Build failed at step ${position}, ${name} ${text.slice(0, 300)}: ${messageOf(error)}`, {remedy, cause: error});
};

/** Passes on what is printed while something is done. */
async function * printing(action: (print: (text: string) => void) => Promise<void>): AsyncGenerator<Progress, void> {
	const printed: string[] = [];
	const wake = createWake();
	let isDone = false;
	const doing = action(text => {
		printed.push(text);
		wake.notify();
	});
	const watched = async () => {
		try {
			await doing;
		} finally {
			isDone = true;
			wake.notify();
		}
	};

	const ending = watched();
	ending.catch(() => undefined);
	const isIdle = () => !isDone && printed.length === 0;
	for (;;) {
		while (isIdle()) {
			await wake.wait();
		}

		const text = printed.splice(0).join('');
		if (text !== '') {
			yield {text};
		} else if (isDone) {
			await ending;
			return;
		}
	}
}

/** Carries out one instruction, the first of a stage or a later one. */
const carryOutNext = async (state: State, instruction: Instruction, stages: Stage[], context: BuildContext): Promise<void> => {
	const stage = stages.at(-1);
	if (instruction.name === 'FROM') {
		stages.push(beginStage(state, instruction.text, stages, context.globals));
	} else if (stage) {
		await carryOut(stage, instruction, context);
	} else if (instruction.name === 'ARG') {
		const [key = '', ...value] = splitWords(instruction.text)[0]!.split('=');
		const chosen = context.buildArguments[key] ?? (value.length > 0 ? value.join('=') : undefined);
		if (chosen !== undefined) {
			context.globals.set(key, chosen);
		}
	} else {
		refuse('no build stage in current context', 'begin the Dockerfile with FROM');
	}
};

async function * build(state: State, tar: Readable, options: BuildOptions): AsyncGenerator<Progress, void> {
	const tags = options.tags.map(tag => tagName(tag));
	const files = await readContext(tar, state.now);
	const instructions = checkTarget(parseDockerfile(recipeOf(files, options.file)), options.target);
	const globals = new Map<string, string>();
	const stages: Stage[] = [];
	const context: Omit<BuildContext, 'print'> = {
		files,
		buildArguments: options.buildArguments,
		globals,
		filesOf: name => stages.find(stage => stage.name === name.toLowerCase())?.files ?? stages[/^\d+$/v.test(name) ? Number(name) : -1]?.files ?? findImage(state, name).record.files,
		run: async (stage, command, print) => runInStage(state, stage, {command, print, signal: options.signal}),
	};
	const release = state.watch();
	try {
		for (const [index, instruction] of instructions.entries()) {
			if (options.signal?.aborted) {
				throw new HolmError('unavailable', 'Build cancelled', {cause: options.signal.reason});
			}

			const position = `${index + 1}/${instructions.length}`;
			yield {text: `STEP ${position}: ${instruction.name} ${instruction.text}\n`};
			try {
				yield * printing(async print => carryOutNext(state, instruction, stages, {...context, print}));
			} catch (error) {
				throw options.signal?.aborted ? new HolmError('unavailable', 'Build cancelled', {cause: error}) : stepError(error, position, instruction);
			}
		}
	} finally {
		release();
	}

	const {base, configuration, history, files: content} = stages.at(-1) ?? refuse('the Dockerfile has no FROM', 'begin it with FROM');
	const record = deriveImage(state, base, {
		tags,
		createdAt: state.now(),
		configuration: {...configuration, labels: {...configuration.labels, ...options.labels}},
		history: options.noCache ? history.map(step => ({...step, digest: `${step.digest ?? ''}${state.random.hex(8)}`})) : history,
		files: content.fork(),
	});
	for (const tag of tags) {
		publish(state, 'image', 'tag', record.image.id, {name: familiarName(tag)});
		yield {text: `Successfully tagged ${tag}\n`};
	}

	yield {text: `${record.image.id.slice('sha256:'.length)}\n`};
	yield {imageId: record.image.id};
}

export const buildVerbs = (state: State): BuildVerbs => ({
	buildImage(context, options) {
		state.settle();
		return build(state, context, options);
	},
});
