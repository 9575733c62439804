import type {Qmp} from './qmp.js';

/** Delay before a failed write is retried. */
const retryMs = 2000;

/** If the VM runs this long after a retry, the write has succeeded. */
const settledMs = 500;

/**
Watches for writes to a machine's disk that fail because the host's disk is full.

QEMU then pauses the VM and keeps the write, so the guest's data stays intact. The write is retried until it succeeds, unless the user has paused the machine. `onSettled` is called when the VM runs again, because its clock has stopped meanwhile.
*/
export const watchDiskFull = (qmp: Qmp, onSettled: () => void) => {
	let isOut = false;
	let isHeld = false;
	let timer: NodeJS.Timeout | undefined;
	let settling: NodeJS.Timeout | undefined;
	const retryLater = () => {
		isOut = true;
		clearTimeout(settling);
		clearTimeout(timer);
		timer = setTimeout(() => {
			if (!isHeld) {
				qmp.execute('cont').catch(() => undefined);
			}
		}, retryMs);
		timer.unref();
	};

	const stop = qmp.onEvent(({name, data}) => {
		if (name === 'BLOCK_IO_ERROR' && data.nospace === true && data.action === 'stop') {
			retryLater();
		} else if (name === 'RESUME') {
			clearTimeout(settling);
			settling = setTimeout(() => {
				if (isOut) {
					onSettled();
				}

				isOut = false;
			}, settledMs);
			settling.unref();
		}
	});
	void qmp.closed.then(() => {
		clearTimeout(timer);
		clearTimeout(settling);
		stop();
	});
	// An adopted machine may be stalled already.
	void (async () => {
		try {
			const {status} = await qmp.execute('query-status') as {readonly status?: unknown};
			if (status === 'io-error') {
				retryLater();
			}
		} catch {
			// It has ended.
		}
	})();

	return {
		isOut: () => isOut,
		/** Stops retrying while the user has paused the machine. */
		hold() {
			isHeld = true;
		},
		release() {
			isHeld = false;
		},
	};
};
