/** A list of Apple's service that is kept between looks at it. */
export type List = {
	/** What `work` reads now; or what was read at most so long ago, unless this engine has changed something since. */
	readonly read: <Value>(work: () => Promise<Value>, maxAgeMs?: number) => Promise<Value>;
	/** Does not answer with what was read until now. */
	readonly forget: () => void;
	/** Milliseconds that the last reading has taken. */
	readonly tookMs: () => number;
};

export const createList = (now: () => number = () => performance.now()): List => {
	let kept: {readonly value: unknown; readonly readAt: number} | undefined;
	let going: {readonly reading: Promise<unknown>; readonly version: number} | undefined;
	let version = 0;
	let took = 0;
	return {
		async read<Value>(work: () => Promise<Value>, maxAgeMs = 0) {
			if (maxAgeMs > 0 && kept && now() - kept.readAt < maxAgeMs) {
				return kept.value as Value;
			}

			if (maxAgeMs > 0 && going?.version === version) {
				return going.reading as Promise<Value>;
			}

			const own = version;
			const readAt = now();
			const read = async () => {
				try {
					const value = await work();
					if (own === version && readAt >= (kept?.readAt ?? readAt)) {
						kept = {value, readAt};
					}

					return value;
				} finally {
					took = now() - readAt;
					if (going?.reading === reading) {
						going = undefined;
					}
				}
			};

			const reading = read();
			going = {reading, version: own};
			return reading;
		},
		forget() {
			version++;
			kept = undefined;
		},
		tookMs: () => took,
	};
};
