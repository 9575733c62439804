/** Undefined and false values are left out, true becomes `1`. */
export type QueryValues = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** A query string with its question mark; empty without parameters. */
export const encodeQuery = (query: QueryValues = {}): string => {
	const parameters = new URLSearchParams();
	for (const [key, value] of Object.entries(query)) {
		if (value !== undefined && value !== false) {
			for (const item of Array.isArray(value) ? value as readonly string[] : [value === true ? '1' : String(value)]) {
				parameters.append(key, item);
			}
		}
	}

	const text = parameters.toString();
	return text && `?${text}`;
};
