import {HolmError} from '../../../engine/errors.js';
import type {Context} from '../context.js';
import {decodeStatus} from '../decode/system.js';
import {nextLook} from './plan.js';

const {afterMs: downMs} = nextLook('containers', [{who: 'wait'}], {quietMs: 0, tookMs: 0, isDown: true})!;

/** Whether the service runs; undefined if that cannot be asked, such as over a connection that was lost. */
const isServing = async (context: Context): Promise<boolean | undefined> => {
	try {
		const program = await context.program();
		const {stdout} = await program.attempt(['system', 'status', '--format', 'json']);
		return decodeStatus(JSON.parse(stdout.toString())).isRunning;
	} catch {
		return undefined;
	}
};

/** Runs a look at the service. While it does not run, it is asked once in ten seconds whether it does, and nothing else. */
export const whileServed = async <Value>(context: Context, look: () => Promise<Value>): Promise<Value> => {
	const {service} = context;
	if (service.down) {
		const {error, askedAt} = service.down;
		// Timers may be early by a little.
		if (performance.now() - askedAt < downMs * 0.95) {
			throw error;
		}

		service.down = {error, askedAt: performance.now()};
		if (await isServing(context) === false) {
			throw error;
		}

		service.down = undefined;
	}

	try {
		return await look();
	} catch (error) {
		const isAnswer = error instanceof HolmError && error.code === 'unavailable';
		// A lost connection says itself when to try again.
		if (!isAnswer || error.retryAfterMs !== undefined || await isServing(context) !== false) {
			throw error;
		}

		const {message, remedy} = error;
		const lasting = new HolmError('unavailable', message, {remedy, retryAfterMs: downMs, cause: error});
		service.down = {error: lasting, askedAt: performance.now()};
		throw lasting;
	}
};
