import type {Machine} from './running-machine.js';

/** How far a guest's clock is ahead of the host's, and the error of that, in milliseconds. */
export type ClockReading = {readonly offsetMs: number; readonly uncertaintyMs: number};

export type ClockCorrection =
	| {readonly kind: 'none'}
	/** Runs slower or faster until it is right, so that time never goes back. */
	| {readonly kind: 'slew'; readonly microseconds: number}
	| {readonly kind: 'set'};

/** Smaller offsets are not corrected. */
const toleranceMs = 100;
/** The kernel slews by half a millisecond per second, so a larger offset would take longer than the interval between readings. */
const longestSlewMs = 250;

export const correctionFor = ({offsetMs, uncertaintyMs}: ClockReading): ClockCorrection => {
	const distance = Math.abs(offsetMs);
	if (distance <= toleranceMs + uncertaintyMs) {
		return {kind: 'none'};
	}

	return distance > longestSlewMs ? {kind: 'set'} : {kind: 'slew', microseconds: Math.round(-offsetMs * 1000)};
};

/** Readings per measurement; the best one counts. The first includes the start of the program, and a busy host can delay any. */
const rounds = 4;

/** More characters than a time has. */
const longestAnswer = 64;

/** Reads a guest's clock. Resolves with undefined if there is no answer within `limitMs`. The answer is not trusted, but only affects the guest itself. */
export const readClock = async ({agent}: Pick<Machine, 'agent'>, limitMs: number): Promise<ClockReading | undefined> => {
	const {channel, abandon} = await agent.open('while read -r _; do date.coreutils -u +%s.%N; done');
	let text = '';
	let answer: (line: string | undefined) => void = () => undefined;
	channel.on('data', (chunk: Uint8Array) => {
		text += Buffer.from(chunk).toString('latin1', 0, longestAnswer);
		if (text.length > longestAnswer) {
			answer(undefined);
		} else if (text.endsWith('\n')) {
			answer(text.trim());
			text = '';
		}
	});
	channel.stderr.resume();
	channel.on('close', () => {
		answer(undefined);
	});
	const timer = setTimeout(() => {
		answer(undefined);
	}, limitMs);
	let best: ClockReading | undefined;
	try {
		for (let round = 0; round < rounds; round++) {
			const before = Date.now();
			const line = await new Promise<string | undefined>(resolve => {
				answer = resolve;
				channel.write('\n');
			});
			const after = Date.now();
			if (line === undefined || !/^\d{1,12}\.\d{1,9}$/v.test(line)) {
				abandon();
				return undefined;
			}

			const uncertaintyMs = (after - before) / 2;
			if (!best || uncertaintyMs < best.uncertaintyMs) {
				best = {offsetMs: Number(line) * 1000 - (before + after) / 2, uncertaintyMs};
			}
		}

		channel.end();
		return best;
	} finally {
		clearTimeout(timer);
	}
};

export const applyCorrection = async (machine: Pick<Machine, 'agent' | 'setClock'>, correction: ClockCorrection): Promise<void> => {
	if (correction.kind === 'set') {
		await machine.setClock();
	} else if (correction.kind === 'slew') {
		await machine.agent.run(`exec busybox adjtimex -q -o ${correction.microseconds}`);
	}
};
