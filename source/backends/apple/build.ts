import {createWriteStream} from 'node:fs';
import type {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import type {BuildOptions, BuildVerbs} from '../../engine/build.js';
import {HolmError} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import {conclusionOf} from '../../rules/images/build-texts.js';
import {tagName} from '../../rules/images/reference.js';
import {newId, type Context} from './context.js';
import {errorLine, failureOf, plainText} from './failures.js';
import {nameImage} from './images.js';
import {createSpool, withFileThere} from './spool.js';

const unsupported = (what: string) => new HolmError(
	'unsupported',
	`${what} of a build are not possible with Apple's container through Holm`,
	{remedy: 'leave them out, or run container build there'},
);

const assertPossible = ({secrets, agents, takeFiles, network, extraHosts, cacheFrom}: BuildOptions): void => {
	if (secrets?.size || agents?.size || takeFiles) {
		throw unsupported('secrets, agents and files');
	}

	if (network !== undefined || (extraHosts?.length ?? 0) > 0 || (cacheFrom?.length ?? 0) > 0) {
		throw unsupported('networks, hosts and caches');
	}
};

const failedStep = (stderr: string, fallback: HolmError): HolmError => {
	const text = plainText(stderr);
	const step = /Build failed at .*$/mv.exec(text)?.[0];
	const status = /(?:exit code|non-zero code): (?<status>\d+)/v.exec(text)?.groups?.status;
	if (step === undefined && status === undefined) {
		const isOwn = ['unavailable', 'forbidden', 'conflict', 'unsupported'].includes(fallback.code);
		return isOwn ? fallback : new HolmError('invalid', fallback.message, {cause: fallback});
	}

	return new HolmError('invalid', step ?? errorLine(stderr), {commandStatus: status === undefined ? undefined : Number(status)});
};

async function * build(context: Context, tar: Readable, options: BuildOptions): AsyncGenerator<Progress, void> {
	const tags = options.tags.map(tag => tagName(tag));
	const {file, buildArguments, target, platform, noCache, pull, labels, signal} = options;
	const program = await context.program();
	await using spool = await createSpool();
	await pipeline(tar, createWriteStream(spool.path('context.tar')));
	const name = `holm.local/new:${newId().slice(0, 16)}`;
	const pieces: string[] = [];
	let wake: (() => void) | undefined;
	let all = '';
	const progress = {isOver: false};
	const run = async () => {
		try {
			await withFileThere(program, spool.path('context.tar'), async path => {
				const directory = `${path}.d`;
				const {exitCode, stderr} = await program.shell(
					'mkdir "$2" && { tar -xf "$1" -C "$2" 2>/dev/null || tar -xzf "$1" -C "$2"; }',
					[path, directory],
					{limitMs: Infinity},
				);
				if (exitCode !== 0) {
					throw new HolmError('invalid', `Cannot read the build context: ${errorLine(stderr)}`, {remedy: 'make it with tar'});
				}

				const recipe = file ?? (await program.shell(
					'cd "$1" && for f in Dockerfile Containerfile; do [ -f "$f" ] && { printf %s "$f"; exit; }; done; printf Dockerfile',
					[directory],
				)).stdout.toString();
				const {exitCode: there} = await program.shell('[ -f "$1/$2" ]', [directory, recipe]);
				if (there !== 0) {
					throw new HolmError(
						'invalid',
						`The build context has no ${JSON.stringify(recipe.slice(0, 200))}`,
						{remedy: 'name the Dockerfile with --file'},
					);
				}

				const argv = [
					'build', '--progress', 'plain', '-f', `${directory}/${recipe}`, '-t', name,
					...Object.entries(buildArguments).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
					...Object.entries(labels).flatMap(([key, value]) => ['-l', `${key}=${value}`]),
					...target === undefined ? [] : ['--target', target],
					...noCache ? ['--no-cache'] : [],
					...pull ? ['--pull'] : [],
					'--platform', platform ?? `linux/${program.architecture}`,
					directory,
				];
				const ended = await program.attempt(argv, {limitMs: Infinity, signal, onError(text) {
					all = (all + text).slice(-64 * 1024);
					pieces.push(plainText(text));
					wake?.();
				}});
				if (ended.exitCode !== 0) {
					throw failedStep(ended.stderr, failureOf({...ended, argv, where: program.transport.name}));
				}
			});
		} finally {
			progress.isOver = true;
			wake?.();
		}
	};

	const running = run();
	running.catch(() => undefined);
	while (!progress.isOver || pieces.length > 0) {
		yield * pieces.splice(0).map(text => ({text}));
		if (!progress.isOver && pieces.length === 0) {
			const {promise, resolve} = Promise.withResolvers<void>();
			wake = resolve;
			await promise;
		}
	}

	await running;
	const {id} = await context.inTurn(async () => nameImage(context, name, tags));
	yield * conclusionOf(id, tags);
}

export const buildVerbs = (context: Context): BuildVerbs => ({
	buildImage(tar, options) {
		tar.on('error', () => undefined);
		assertPossible(options);
		return build(context, tar, options);
	},
});
