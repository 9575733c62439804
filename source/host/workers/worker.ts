import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {mkdir, rm} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {HolmError} from '../../engine/errors.js';
import {filesOf, launch} from './worker-launch.js';
import {connect, type Link} from './worker-link.js';
import {end, readIdentity, type ProcessIdentity} from './worker-process.js';
import type {WorkerOptions} from './worker-protocol.js';

const defaultAnswerLimitMs = 30_000;

export type Worker<Request, Answer> = {
	/** Sends a request. Requests are answered in order. Rejects with the handler's `HolmError`. */
	readonly call: (request: Request) => Promise<Answer>;
	/** Process id of the worker, which changes after a restart. */
	readonly pid: number;
	/** Stops the worker and removes its files. */
	readonly close: () => Promise<void>;
};

/**
The daemon's side: connects to the running worker of this name, or starts one. A worker that dies is restarted at once and gets its `state`.

Throws `unavailable` if it cannot be started, and `invalid` if the directory's path is too long for a socket.
*/
export const openWorker = async <Request, Answer>(options: WorkerOptions<Request>): Promise<Worker<Request, Answer>> => {
	const {directory, name, state, answerLimitMs = defaultAnswerLimitMs} = options;
	const files = filesOf(directory, name);
	if (Buffer.byteLength(files.socket) > 107) {
		throw new HolmError('invalid', `The path ${files.socket} is too long for a socket`, {remedy: 'choose a shorter root directory'});
	}

	await mkdir(directory, {recursive: true, mode: 0o700});
	const key = createHash('sha256')
		.update(JSON.stringify([process.execPath, options.module.href, options.prefix, options.nodeArguments, options.arguments, options.key]))
		.digest('hex');

	const reach = async (): Promise<Link & {readonly identity: ProcessIdentity}> => {
		for (let attempt = 0; attempt < 3; attempt++) {
			const known = await readIdentity(files.pidFile);
			const found = await connect(files.socket, name);
			const reached = found ?? await launch(options as WorkerOptions<never>, key);
			const link = reached === 'silent' ? undefined : reached;
			const identity = await readIdentity(files.pidFile);
			if (identity && link?.hello.key === key) {
				return {...link, identity};
			}

			// It hangs, or has another configuration. Another opener may have replaced it meanwhile.
			link?.destroy();
			await end(found ? known : identity);
		}

		throw new HolmError('unavailable', `The worker ${name} does not answer`, {remedy: `${files.log} may say why`});
	};

	let link = await reach();
	let isClosed = false;
	let queue: Promise<unknown> = Promise.resolve();
	const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
		const result = queue.then(work);
		queue = result.catch(() => undefined);
		return result;
	};

	const ask = async (request: Request) => {
		const {identity} = link;
		const limit = setTimeout(() => {
			void end(identity);
		}, answerLimitMs);
		try {
			return await link.send(request);
		} finally {
			clearTimeout(limit);
		}
	};

	const restore = async () => {
		if (isClosed) {
			throw new HolmError('unavailable', `The worker ${name} was closed`);
		}

		if (link.isOpen()) {
			return;
		}

		link = await reach();
		watch();
		const request = state?.();
		try {
			if (request !== undefined) {
				await ask(request);
			}
		} catch (error) {
			// The caller that set the state got this error already.
			if (!link.isOpen()) {
				throw error;
			}
		}
	};

	const revive = async (delayMs: number): Promise<void> => {
		await sleep(delayMs, undefined, {ref: false});
		try {
			await inTurn(restore);
		} catch {
			if (!isClosed && !link.isOpen()) {
				await revive(Math.min(delayMs * 2, 30_000));
			}
		}
	};

	const watch = () => {
		void link.ended.then(async () => isClosed ? undefined : revive(100));
	};

	watch();
	return {
		call: async request => inTurn(async () => {
			await restore();
			try {
				return await ask(request) as Answer;
			} catch (error) {
				if (link.isOpen()) {
					throw error;
				}
			}

			// The worker died before it answered.
			await restore();
			return await ask(request) as Answer;
		}),
		get pid() {
			return link.identity.pid;
		},
		close: async () => inTurn(async () => {
			isClosed = true;
			link.destroy();
			await end(link.identity);
			await Promise.all([files.socket, files.pidFile].map(async file => rm(file, {force: true})));
		}),
	};
};
