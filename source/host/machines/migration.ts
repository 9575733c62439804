import {open} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {HolmError} from '../../engine/errors.js';
import {connectQmp, type Qmp} from './qmp.js';

const longestLine = 1000;

/** The last line that QEMU printed, in printable ASCII; empty if there is none. */
export const lastLineOf = async (errors: string): Promise<string> => {
	try {
		await using handle = await open(errors);
		const {size} = await handle.stat();
		const start = Math.max(0, size - longestLine);
		const {bytesRead, buffer} = await handle.read({buffer: Buffer.alloc(longestLine), position: start});
		return buffer.toString('latin1', 0, bytesRead).trim().split('\n').at(-1)!.replaceAll(/[^\u{20}-\u{7E}]/gv, '');
	} catch {
		return '';
	}
};

/** Retries until QEMU listens. Throws with QEMU's last line if it ends instead. */
export const awaitQmp = async (socketPath: string, errors: string, exited: Promise<unknown>, signal?: AbortSignal): Promise<Qmp> => {
	let isEnded = false;
	void exited.then(() => {
		isEnded = true;
	});
	for (;;) {
		try {
			return await connectQmp(socketPath);
		} catch (error) {
			if (isEnded || signal?.aborted) {
				const reason = await lastLineOf(errors);
				throw new HolmError('internal', `the machine did not start: ${reason || (signal?.aborted ? 'QEMU did not answer in time' : 'QEMU ended without a message')}`, {cause: error});
			}
		}

		await delay(2);
	}
};

/** Waits until the current migration has ended. */
export const awaitMigration = async (qmp: Qmp, intervalMs: number): Promise<void> => {
	for (;;) {
		const {status, 'error-desc': reason} = await qmp.execute('query-migrate') as {readonly status?: string; readonly 'error-desc'?: string};
		if (status === 'completed') {
			return;
		}

		if (status === 'failed' || status === 'cancelled') {
			throw new HolmError('internal', `the machine's state could not be moved: ${reason ?? status}`);
		}

		await delay(intervalMs);
	}
};

/** Makes the migration skip the memory, which is a shared file, and move only the devices' state. */
export const ignoreSharedMemory = async (qmp: Qmp) => {
	await qmp.execute('migrate-set-capabilities', {capabilities: [{capability: 'x-ignore-shared', state: true}]});
};
