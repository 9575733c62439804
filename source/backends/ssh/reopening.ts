import type {Link} from './link.js';

/** A connection that all share, opened again when it was lost. A login that fails, fails for all that wait for it, so that a passphrase is asked for once. */
export const reopening = (open: () => Promise<Link>): (() => Promise<Link>) => {
	let opening: Promise<Link> | undefined;
	return async () => {
		const current = opening;
		const before = await current;
		if (before?.isAlive()) {
			return before;
		}

		// Another caller may have opened a new one meanwhile.
		if (opening === current || opening === undefined) {
			const next = open();
			opening = next;
			next.catch(() => {
				opening = undefined;
			});
		}

		return opening;
	};
};
