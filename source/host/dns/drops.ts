/** What was dropped because a client has exceeded its share, or its network does not accept more. */
export type Dropped = 'questions' | 'answers' | 'connections';

/** Counts a drop for a client. */
export type Drops = (what: Dropped, client: string) => void;

/** Counts per report. Further clients are counted together. */
const maximumCounts = 10;

/** Reports the first drop at once, and then the counts once a minute while drops continue. */
export const createDrops = (say: (line: string) => void, intervalMs = 60_000): Drops => {
	const counts = new Map<string, number>();
	let timer: NodeJS.Timeout | undefined;

	const report = () => {
		const [...dropped] = counts;
		counts.clear();
		timer = dropped.length === 0 ? undefined : setTimeout(report, intervalMs).unref();
		if (dropped.length > 0) {
			say(`dropped, because a client exceeded its share: ${dropped.map(([what, count]) => `${count} ${what}`).join(', ')}`);
		}
	};

	return (what, client) => {
		const wanted = `${what} of ${client}`;
		const key = counts.has(wanted) || counts.size < maximumCounts ? wanted : `${what} of others`;
		counts.set(key, (counts.get(key) ?? 0) + 1);
		if (!timer) {
			report();
		}
	};
};
