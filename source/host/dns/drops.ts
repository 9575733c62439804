/** What a client did not get because it has more than its share under way, or what its network would not take. */
export type Dropped = 'questions' | 'answers' | 'connections';

/** Counts what is dropped, and says so. */
export type Drops = (what: Dropped, client: string) => void;

/** The other clients are counted together. */
const maximumCounts = 10;

/** Says at once that something is dropped, and how much it was once a minute for as long as it goes on. */
export const createDrops = (say: (line: string) => void, intervalMs = 60_000): Drops => {
	const counts = new Map<string, number>();
	let timer: NodeJS.Timeout | undefined;

	const report = () => {
		const [...dropped] = counts;
		counts.clear();
		timer = dropped.length === 0 ? undefined : setTimeout(report, intervalMs).unref();
		if (dropped.length > 0) {
			say(`dropped, because every client has but its share: ${dropped.map(([what, count]) => `${count} ${what}`).join(', ')}`);
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
