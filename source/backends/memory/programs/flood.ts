import type {Program} from '../process.js';

/** Batches a second. */
const batches = 50;

/** `flood RATE [TEXT]`: writes so many lines a second, in batches, until a signal ends it. For measuring what reads logs. */
export const flood: Program = async ({command, host, signal, stdout, stderr, onSignal}) => {
	const rate = Number(command[1] ?? 1000);
	if (!(rate > 0 && rate <= 1e7)) {
		await stderr.write('usage: flood LINES-PER-SECOND [TEXT]\n');
		return 2;
	}

	const text = command[2] ?? 'the quick brown fox jumps over the lazy dog';
	const ending = new AbortController();
	onSignal(15, () => {
		ending.abort();
	});
	const over = AbortSignal.any([signal, ending.signal]);
	const startedAt = host.now();
	for (let written = 0; !over.aborted;) {
		const due = Math.floor((host.now() - startedAt) / 1000 * rate);
		// A clock that jumps, or a reader that was slow, is no reason to write minutes at once.
		const end = Math.min(due, written + Math.ceil(rate));
		let batch = '';
		for (; written < end; written++) {
			batch += `${written} ${text}\n`;
		}

		if (batch !== '') {
			await stdout.write(batch);
		}

		written = Math.max(written, due);
		await host.sleep(1000 / Math.min(batches, rate), over);
	}

	return 143;
};
