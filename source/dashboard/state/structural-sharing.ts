const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const hasPlainPrototype = (value: object): boolean => Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;

/**
Returns `after` with all parts that equal those of `before` replaced by these, or `before` itself if nothing changed. Comparing by identity then finds exactly the changes. Objects with a prototype of their own are not compared.
*/
export const reuseEqual = <Value>(before: Value, after: Value): Value => {
	if (!isObject(before) || !isObject(after) || Object.is(before, after)) {
		return after;
	}

	if (Array.isArray(before) !== Array.isArray(after) || !hasPlainPrototype(after)) {
		return after;
	}

	const keys = Object.keys(after);
	let isSame = keys.length === Object.keys(before).length;
	let copy: Record<string, unknown> | unknown[] | undefined;
	for (const key of keys) {
		const old: unknown = (before as Record<string, unknown>)[key];
		const fresh: unknown = (after as Record<string, unknown>)[key];
		const value = reuseEqual(old, fresh);
		isSame &&= Object.is(value, old) && Object.hasOwn(before, key);
		if (Object.is(value, fresh)) {
			continue;
		}

		copy ??= Array.isArray(after) ? [...after as unknown[]] : {...after};
		(copy as Record<string, unknown>)[key] = value;
	}

	return isSame ? before : ((copy as Value | undefined) ?? after);
};
