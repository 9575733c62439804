/** Places that clients share, such as those of questions that are worked on at once. */
export type Places = {
	/**
	Takes a place for a client and returns what gives it back; undefined when the client gets none.

	`evict` is called when the place is taken away again for a client that has fewer.
	*/
	readonly take: (client: string, evict: () => void) => (() => void) | undefined;
};

export type PlacesOptions = {
	readonly limit: number;
	/** What one client may have even when there is room; default all. */
	readonly limitPerClient?: number;
	/** Called for each place that a client was refused or has lost. */
	readonly onDrop?: (client: string) => void;
};

type Place = {readonly evict: () => void};

/**
One client may have every place while no other wants one. Once all are taken, a client that has less than its equal share gets the newest place of the one that has most, so a flood takes places from nobody but those who flood.
*/
export const createPlaces = ({limit, limitPerClient = limit, onDrop}: PlacesOptions): Places => {
	const taken = new Map<string, Set<Place>>();
	let count = 0;

	const release = (client: string, place: Place) => {
		const own = taken.get(client);
		if (!own?.delete(place)) {
			return;
		}

		count--;
		if (own.size === 0) {
			taken.delete(client);
		}
	};

	/** When all are taken and one client has less than its share, another one has more than its own. */
	const evictFromLargest = () => {
		let largest: readonly [string, ReadonlySet<Place>] | undefined;
		for (const entry of taken) {
			if (!largest || entry[1].size > largest[1].size) {
				largest = entry;
			}
		}

		const [client, places] = largest!;
		const place = [...places].at(-1)!;
		release(client, place);
		onDrop?.(client);
		place.evict();
	};

	return {
		take(client, evict) {
			const own = taken.get(client)?.size ?? 0;
			const share = limit / (taken.size + (own === 0 ? 1 : 0));
			if (own >= limitPerClient || (count >= limit && own + 1 > share)) {
				onDrop?.(client);
				return undefined;
			}

			if (count >= limit) {
				evictFromLargest();
			}

			const place = {evict};
			const places = taken.get(client) ?? new Set();
			taken.set(client, places.add(place));
			count++;
			return () => {
				release(client, place);
			};
		},
	};
};
