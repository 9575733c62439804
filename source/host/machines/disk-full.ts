import {type Qmp} from './qmp.js';

/** How long a machine stands still before the write that found no room is tried again. */
const retryMs = 2000;

/** A machine that goes on this long has found room. */
const settledMs = 500;

/**
Watches for writes to a machine's disk that find no room on the host.

QEMU stops such a machine and keeps the write, so that nothing in the guest is damaged; what it wrote is tried again until there is room. A machine that somebody paused meanwhile stays so. `onSettled` is called when it goes on: its clock stood.
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
	// A machine that is taken over may stand still already.
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
		/** Somebody pauses the machine. */
		hold() {
			isHeld = true;
		},
		release() {
			isHeld = false;
		},
	};
};
