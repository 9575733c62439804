/** The short id, of twelve digits; with `isFull` the whole id. */
export const shortId = (id: string, isFull = false): string => isFull ? id : id.replace(/^sha256:/v, '').slice(0, 12);

/** Text cut to a number of characters, ellipsis included. */
export const truncate = (text: string, length: number, isFull = false): string => isFull || text.length <= length ? text : `${text.slice(0, length - 1)}…`;

/** `2026-02-25 10:00:00 +0000 UTC`, as Docker prints times in tables. */
export const tableTime = (time: number): string => `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;

/** Labels as `key=value,…`, and the method that reads one of them. */
export const labelFields = (labels: Readonly<Record<string, string>>) => ({
	Labels: Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(','),
	Label: (key: unknown) => labels[String(key)] ?? '',
});
