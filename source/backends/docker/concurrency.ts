/** Maps items with at most `limit` calls at a time; results are in the order of the items. */
export const mapConcurrently = async <Item, Result>(
	items: readonly Item[],
	map: (item: Item) => Promise<Result>,
	limit = 8,
): Promise<Result[]> => {
	const results: Result[] = [];
	const queue = items.entries();
	const work = async () => {
		for (const [index, item] of queue) {
			results[index] = await map(item);
		}
	};

	await Promise.all(Array.from({length: Math.min(limit, items.length)}, work));
	return results;
};
