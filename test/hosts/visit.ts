import {messageOf} from '../../source/engine/errors.js';
import type {Chosen} from './choose.js';
import type {Case, Host, HostKind} from './host.js';

export type Outcome = {
	readonly host: string;
	/** `open` and `close` for the host itself. */
	readonly what: string;
	readonly describe: string;
	readonly seconds: number;
	readonly result: 'passed' | 'failed' | 'skipped';
	/** Why it failed or was skipped. */
	readonly reason?: string;
};

const defaultLimitMs = 10 * 60_000;

const withinLimit = async (work: Promise<void>, limitMs: number, signal: AbortSignal): Promise<void> => {
	const {promise, reject} = Promise.withResolvers<void>();
	const timer = setTimeout(() => {
		reject(new Error(`not done within ${limitMs / 1000} s`));
	}, limitMs);
	const abort = () => {
		reject(new Error('interrupted'));
	};

	signal.addEventListener('abort', abort, {once: true});
	// Work that continues after the limit ends when the host is closed.
	work.catch(() => undefined);
	try {
		await Promise.race([work, promise]);
	} finally {
		clearTimeout(timer);
		signal.removeEventListener('abort', abort);
	}
};

/** A case may have cost the host. */
const isAlive = async ({run}: Host): Promise<boolean> => {
	try {
		return (await run(['true'], {limitMs: 60_000})).exitCode === 0;
	} catch {
		return false;
	}
};

const evidenceOf = async ({evidence}: Host): Promise<string> => {
	try {
		return await evidence?.() ?? '';
	} catch (error) {
		return `without evidence: ${messageOf(error)}`;
	}
};

export type VisitOptions = {
	/** Called for each step as it begins, and each outcome. */
	readonly say: (line: string) => void;
	/** Ends the running case and skips the others. The host is still closed. */
	readonly signal: AbortSignal;
};

/** Opens a host, runs its cases one after the other, and closes it. If a case does not end in time, or the host does not answer after it, the next cases get a new host. */
const visitHost = async (kind: HostKind, cases: readonly Case[], {say, signal}: VisitOptions): Promise<readonly Outcome[]> => {
	const outcomes: Outcome[] = [];
	let host: Host | undefined;
	const take = async (what: string, describe: string, work: () => Promise<void>): Promise<Outcome['result']> => {
		const startedAt = performance.now();
		say(`${kind.name}  ${what}: ${describe}`);
		let reason: string | undefined;
		try {
			await work();
		} catch (error) {
			reason = messageOf(error);
		}

		const seconds = (performance.now() - startedAt) / 1000;
		const result = reason === undefined ? 'passed' : 'failed';
		outcomes.push({
			host: kind.name, what, describe, seconds, result, reason,
		});
		say(`${kind.name}  ${what}: ${reason === undefined ? 'passed' : `FAILED: ${reason}`} (${seconds.toFixed(1)} s)`);
		return result;
	};

	const skip = (what: string, describe: string, reason: string) => {
		outcomes.push({
			host: kind.name, what, describe, seconds: 0, result: 'skipped', reason,
		});
	};

	const open = async () => take('open', kind.describe, async () => {
		host = await kind.open(step => {
			say(`${kind.name}    ${step}`);
		});
	});
	const close = async () => {
		const opened = host;
		host = undefined;
		if (opened) {
			await take('close', 'end everything of the host', opened.close);
		}
	};

	const obstacle = await kind.obstacle();
	for (const {name, describe, limitMs = defaultLimitMs, run} of cases) {
		if (obstacle !== undefined || signal.aborted) {
			skip(name, describe, obstacle ?? 'interrupted');
			continue;
		}

		if (!host && await open() !== 'passed') {
			skip(name, describe, 'the host did not open');
			continue;
		}

		let isOver = false;
		const result = await take(name, describe, async () => {
			const work = run(host!, step => {
				say(`${kind.name}    ${step}`);
			}).finally(() => {
				isOver = true;
			});
			await withinLimit(work, limitMs, signal);
		});
		if (result === 'failed') {
			say(await evidenceOf(host!));
		}

		if (!isOver || (result !== 'passed' && !await isAlive(host!))) {
			await close();
		}
	}

	await close();
	return outcomes;
};

/** Visits the hosts one after the other, because each one uses the whole machine. */
export const visit = async (chosen: Chosen, options: VisitOptions): Promise<readonly Outcome[]> => {
	const outcomes: Outcome[] = [];
	for (const {kind, cases} of chosen) {
		outcomes.push(...await visitHost(kind, cases, options));
	}

	return outcomes;
};
