import {Buffer} from 'node:buffer';

/** One for each direction of a connection. */
const smallBytes = 32 * 1024;
/** For connections with much to carry: fewer system calls and turns for the same bytes. */
const largeBytes = 1024 * 1024;
/** In use at once in this process. The other connections keep their small ones. */
const maximumLarge = 64;
/** Kept for the next connection. */
const maximumFree = 4;

let largeCount = 0;
const free: Buffer[] = [];

const takeLarge = (): Buffer | undefined => {
	if (largeCount >= maximumLarge) {
		return undefined;
	}

	largeCount++;
	return free.pop() ?? Buffer.allocUnsafeSlow(largeBytes);
};

/** A buffer that is being written goes to the garbage collector. */
const giveBack = (buffer: Buffer, isInUse: boolean) => {
	largeCount--;
	if (!isInUse && free.length < maximumFree) {
		free.push(buffer);
	}
};

/** The buffer that a socket is read into. */
export type ReadBuffer = {
	readonly current: () => Buffer;
	/** Chooses the next buffer after a read of that length, which must have been written. */
	readonly fit: (length: number) => void;
	/** `isInUse` if the last read is still being written. */
	readonly close: (state: {readonly isInUse: boolean}) => void;
};

/** Small at first, and large as long as reads fill the small one. */
export const createReadBuffer = (): ReadBuffer => {
	const small = Buffer.allocUnsafeSlow(smallBytes);
	let large: Buffer | undefined;
	const release = (isInUse: boolean) => {
		if (large) {
			giveBack(large, isInUse);
			large = undefined;
		}
	};

	return {
		current: () => large ?? small,
		fit(length) {
			if (length < smallBytes) {
				release(false);
			} else {
				large ??= takeLarge();
			}
		},
		close({isInUse}) {
			release(isInUse);
		},
	};
};
