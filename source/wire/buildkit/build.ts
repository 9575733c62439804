import {Buffer} from 'node:buffer';
import type {Duplex, Readable} from 'node:stream';
import {setTimeout as delay} from 'node:timers/promises';
import type {BuildOptions} from '../../engine/build.js';
import {HolmError, messageOf} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import {decodeProgress} from '../decode/error.js';
import {encodeBuild} from '../encode/build.js';
import type {QueryValues} from '../encode/query.js';
import {fieldsOf} from '../fields.js';
import {readJsonLines} from '../json-lines.js';
import {createBuildProgress} from './progress.js';
import {
	lostFiles,
	newSession,
	serveSession,
	type SessionSources,
} from './session.js';
import {decodeBuildStatus} from './status.js';

/** A daemon with BuildKit, or the way to it. */
export type BuildKitDaemon = {
	/** Posts a tar; resolves with the body of the answer once its head is there. Throws the daemon's error. */
	readonly post: (path: string, query: QueryValues, tar: Readable) => Promise<AsyncIterable<Uint8Array>>;
	/** Posts a request that makes its connection one of another protocol. */
	readonly upgrade: (path: string, protocol: string, headers: Readonly<Record<string, string | string[]>>) => Promise<Duplex>;
	/** The error of a connection that was lost. */
	readonly lost: (error: unknown) => unknown;
};

/** An engine whose builder runs answers at once. */
const promptMs = 2000;

/** Whether it takes long; its failure is left to the caller. */
const isSlow = async (work: Promise<unknown>): Promise<boolean> => {
	const slow = new AbortController();
	try {
		return await Promise.race([work.then(() => false, () => false), delay(promptMs, true, {signal: slow.signal})]);
	} finally {
		slow.abort();
	}
};

/** An answer's line: what happened in the build, or what decodes as any progress. Throws the error of the build. */
const readLine = (json: unknown, shown: ReturnType<typeof createBuildProgress>): readonly Progress[] => {
	const fields = fieldsOf(json);
	if (fields.optionalText('id') === 'moby.buildkit.trace' && typeof fields.raw.aux === 'string') {
		return shown.read(decodeBuildStatus(Buffer.from(fields.raw.aux, 'base64')));
	}

	try {
		const {imageId, text, status} = decodeProgress(json);
		// The caller says so.
		return text?.startsWith('Successfully ') ? [] : [{imageId, text, status}];
	} catch (error) {
		// An error of Holm's own names its remedy.
		throw fields.has('Holm') ? error : shown.failure(messageOf(error));
	}
};

/**
Builds an image by the BuildKit of a daemon, with `POST /build` in version 2 and a session that answers for logins, secrets and agents, and takes files.

Throws `invalid`, with the step and the reason, if a step fails. Leaving the iteration ends the build. The caller listens for errors of `tar`, which may fail before it is sent.

@yields Output as it comes, with line feeds, and last the image's id, unless the build makes files.
*/
export async function * buildByBuildKit(
	daemon: BuildKitDaemon,
	tar: Readable,
	options: BuildOptions,
	credentials: SessionSources['credentials'],
): AsyncGenerator<Progress, void> {
	const session = newSession();
	const shown = createBuildProgress();
	let end = () => undefined as void;
	const {takeFiles} = options;
	let imageId: string | undefined;
	const transfer: {isDone: boolean; error?: Error} = {isDone: false};
	const take = takeFiles && (async (files: Readable) => {
		try {
			await takeFiles(files);
			transfer.isDone = true;
		} catch (error) {
			// The daemon only hears that the client has failed; if the files have not all come, it knows why.
			transfer.error = error instanceof HolmError && error.code === 'unavailable' ? undefined : error as Error;
			throw error;
		}
	});
	try {
		const upgrading = daemon.upgrade('/session', 'h2c', session.headers);
		if (await isSlow(upgrading)) {
			yield {text: 'Waiting for the builder to start\n'};
		}

		end = serveSession(await upgrading, {
			credentials, secrets: options.secrets ?? new Map(), agents: options.agents, takeFiles: take,
		});
		if (tar.errored) {
			throw tar.errored;
		}

		const answer = await daemon.post('/build', {...encodeBuild(options), version: '2', session: session.id}, tar);
		for await (const json of readJsonLines(answer)) {
			for (const step of readLine(json, shown)) {
				// The last progress comes after it.
				imageId = step.imageId ?? imageId;
				if (step.imageId === undefined) {
					yield step;
				}
			}
		}
	} catch (error) {
		throw transfer.error ?? (error instanceof HolmError ? error : daemon.lost(error));
	} finally {
		tar.destroy();
		end();
	}

	if (takeFiles) {
		if (!transfer.isDone) {
			throw transfer.error ?? lostFiles();
		}

		return;
	}

	if (imageId === undefined) {
		throw new HolmError('unavailable', 'Build failed: the builder ended before it named an image', {remedy: 'build again; holm builder logs may say why'});
	}

	yield {imageId};
}
