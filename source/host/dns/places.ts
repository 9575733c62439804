/** A limited number of places that clients share fairly, such as for concurrent questions. */
export type Places = {
	/**
	Takes a place for a client. Returns a function that releases it, or undefined if the client gets none.

	`evict` is called if the place is reassigned to a client that has fewer.
	*/
	readonly take: (client: string, evict: () => void) => (() => void) | undefined;
};

export type PlacesOptions = {
	readonly limit: number;
	/** Limit for one client, even if places are free; default `limit`. */
	readonly limitPerClient?: number;
	/** Called for each place that a client is refused or loses. */
	readonly onDrop?: (client: string) => void;
};

type Place = {readonly evict: () => void};

/**
A client may take all places while no other needs one. Once all are taken, a client with less than an equal share gets the newest place of the client with the most. So a client that floods only harms itself.
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

	/** Call it if all places are taken and a client has less than its share, so another one has more. */
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
