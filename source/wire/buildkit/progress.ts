import {HolmError} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import type {BuildStatus, Vertex} from './status.js';

/** A vertex that has begun. */
type Shown = {
	readonly position: number;
	readonly startedAt: number;
	/** Output since the last line feed. */
	unended: string;
	isOver: boolean;
};

/** Output without line feeds is cut after so many characters. */
const maximumLineLength = 64 * 1024;

const seconds = (milliseconds: number) => (Math.max(0, milliseconds) / 1000).toFixed(1);

/** Words that say where BuildKit was, not what is wrong. */
const wrappings = /^(?:failed to solve(?: with frontend \S+)?: |rpc error: code = \w+ desc = |failed to create LLB definition: |failed to read dockerfile: |failed to compute cache key: |failed to calculate checksum of ref \S+: )+/v;

/** Where the builder keeps the files that a step sees, or a Dockerfile. */
const innerPaths = /\/var\/lib\/docker\/(?:overlay2\/[\da-z]+\/(?:merged|diff)|tmp\/buildkit-mount\d+)(?=\/)/gv;

/** What a failed `RUN` says, of BuildKit before 0.11 and since. */
const failedCommands = [
	/^(?<name>executor failed running )\[(?<command>.*)\]: (?:exit code: (?<code>\d+)|.*)$/sv,
	/^process "(?<command>.*)" did not complete successfully: exit code: (?<code>\d+)$/sv,
];

/** What to do about failures that are not of the Dockerfile. */
const remedies = [
	[/dial tcp (?:127\.|\[::1\])/v, 'pull or tag the image first: in the builder, a machine of its own, that address is the builder'],
	[/\/v2\/\S*": dial tcp/v, 'check the name of the image and the network; without a registry, holm load or holm import brings it'],
	[/401 Unauthorized|403 Forbidden|authorization failed|pull access denied/v, 'check the name, or log in to the registry: holm login'],
	[/no match for platform in manifest/v, 'name a base image that is there for the platform, or leave out the platform'],
	[/no SSH key .* forwarded from the client/v, 'forward an agent or a key under that id: --ssh ID=SOCKET, or --ssh default'],
	[/dockerfile parse error.*unknown instruction/v, 'fix the Dockerfile; the lines of a here-document are instructions to a builder that does not know them, as Debian 12\'s'],
	[/no space left on device/v, 'holm builder prune frees its disk; holm builder rm and update --disk give it a larger one'],
] as const;

/** What a program for another processor says when it is executed. */
const foreignProgram = 'exec format error';

/** The step of a Dockerfile that a vertex is, such as `2/3` and `COPY . /app`. */
const stepOf = (name: string): string | undefined => {
	const {position, text} = /^\[(?:[^\]]* )?(?<position>\d+\/\d+)\] (?<text>.*)$/sv.exec(name)?.groups ?? {};
	return position === undefined ? undefined : `${position}, ${text!.slice(0, 300)}`;
};

/**
The error of a build that failed in `vertex`, if it is known, with BuildKit's message: the step as the Dockerfile has it, and the reason. `isForeign` says that the step's program is for another processor.
*/
export const buildFailure = (message: string, vertex: Pick<Vertex, 'name'> | undefined, isForeign = false): HolmError => {
	const step = vertex && stepOf(vertex.name);
	const where = step === undefined ? '' : ` at step ${step}`;
	const remedy = isForeign ? 'steps run on the builder\'s processor: begin their stage with FROM --platform=$BUILDPLATFORM' : (step === undefined ? 'fix the Dockerfile or the options of the build' : 'fix that step of the Dockerfile');
	const reason = message.replace(wrappings, '').replaceAll(innerPaths, '').replace(/not found: not found$/v, 'not found').trim();
	for (const pattern of failedCommands) {
		const {command, code} = pattern.exec(reason)?.groups ?? {};
		if (code !== undefined) {
			return new HolmError('invalid', `Build failed${where}: The command '${command!}' returned a non-zero code: ${code}`, {remedy, commandStatus: Number(code)});
		}
	}

	const {image} = /^\[internal\] load metadata for (?<image>\S+)$/v.exec(vertex?.name ?? '')?.groups ?? {};
	const oneLine = (image !== undefined && reason.startsWith('no match for platform') ? `${image}: ${reason}` : reason).split(/[\r\n]+/v).map(line => line.trim()).filter(Boolean).join(' ');
	const special = remedies.find(([pattern]) => pattern.test(reason))?.[1];
	return new HolmError('invalid', `Build failed${where}: ${oneLine}`, {remedy: special ?? remedy});
};

/** The text of a build, in the form of BuildKit's plain progress: `#5 [2/3] RUN make`, its output, `#5 DONE 1.2s`. */
export const createBuildProgress = () => {
	const shown = new Map<string, Shown>();
	let failed: Vertex | undefined;
	/** Vertexes that executed a program for another processor. */
	const foreign = new Set<string>();

	const begin = ({digest, name, startedAt}: Vertex): string => {
		shown.set(digest, {
			position: shown.size + 1, startedAt: startedAt!, unended: '', isOver: false,
		});
		return `#${shown.size} ${name.replaceAll('\n', ' ')}\n`;
	};

	const linesOf = (digest: string, at: number, text: string): string => {
		const vertex = shown.get(digest);
		if (!vertex) {
			return '';
		}

		const parts = (vertex.unended + text).split('\n');
		vertex.unended = parts.pop()!;
		if (vertex.unended.length > maximumLineLength) {
			parts.push(vertex.unended);
			vertex.unended = '';
		}

		return parts.map(line => `#${vertex.position} ${((at - vertex.startedAt) / 1000).toFixed(3)} ${line}\n`).join('');
	};

	const end = (vertex: Vertex): string => {
		const known = shown.get(vertex.digest);
		if (!known || known.isOver) {
			return '';
		}

		const rest = known.unended === '' ? '' : linesOf(vertex.digest, vertex.completedAt!, '\n');
		known.isOver = true;
		const result = vertex.error === '' ? (vertex.isCached ? 'CACHED' : `DONE ${seconds(vertex.completedAt! - known.startedAt)}s`) : 'ERROR';
		return `${rest}#${known.position} ${result}\n`;
	};

	return {
		/** The progress since the last status. */
		read({vertexes, progress, logs}: BuildStatus): readonly Progress[] {
			const begun = vertexes.filter(({digest, startedAt}) => startedAt !== undefined && !shown.has(digest)).map(vertex => begin(vertex));
			for (const {vertex} of logs.filter(({text}) => text.includes(foreignProgram))) {
				foreign.add(vertex);
			}

			const said = logs.map(({vertex, at, text}) => linesOf(vertex, at ?? Date.now(), text));
			const parts = progress.flatMap(({vertex, id, name, current, total, isCompleted}) => {
				const position = shown.get(vertex)?.position;
				return position === undefined || total === 0
					? []
					: [{
						id: `#${position} ${id.slice(0, 100)}`, status: isCompleted ? 'done' : name || 'transferring', current, total,
					}];
			});
			failed = vertexes.find(({error}) => error !== '' && !error.endsWith('context canceled')) ?? failed;
			const ended = vertexes.filter(({completedAt}) => completedAt !== undefined).map(vertex => end(vertex));
			const before = [...begun, ...said].join('');
			const after = ended.join('');
			return [...before === '' ? [] : [{text: before}], ...parts, ...after === '' ? [] : [{text: after}]];
		},
		/** The error of the build, with the message of the daemon's last line. */
		failure: (message: string): HolmError => buildFailure(message, failed, failed !== undefined && foreign.has(failed.digest)),
	};
};
