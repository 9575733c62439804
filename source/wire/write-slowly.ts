import type {Writable} from 'node:stream';

/** Writes with backpressure; resolves when the other side can take more, or is gone. */
export const writeSlowly = async (target: Writable, chunk: Uint8Array | string): Promise<void> => {
	if (target.destroyed || target.write(chunk)) {
		return;
	}

	await new Promise<void>(resolve => {
		const onReady = () => {
			target.off('drain', onReady);
			target.off('close', onReady);
			resolve();
		};

		target.on('drain', onReady);
		target.on('close', onReady);
	});
};
