/** Go's bits of file type and permissions, used in the API's path status, and those of POSIX. */
const pairs: ReadonlyArray<readonly [go: number, posix: number]> = [
	[2 ** 22, 0o2000],
	[2 ** 23, 0o4000],
	[2 ** 20, 0o1000],
];

const types: ReadonlyArray<readonly [go: number, posix: number]> = [
	[2 ** 31, 0o04_0000],
	[2 ** 27, 0o12_0000],
	[2 ** 25, 0o01_0000],
	[2 ** 24, 0o14_0000],
	[2 ** 26 + 2 ** 21, 0o02_0000],
	[2 ** 26, 0o06_0000],
	[0, 0o10_0000],
];

const typeBits = 0o17_0000;
const goTypeBits = 2 ** 31 + 2 ** 27 + 2 ** 26 + 2 ** 25 + 2 ** 24 + 2 ** 21;

/** Unsigned, as Go reads it: bit 31 makes a number negative in JavaScript. */
const and = (left: number, right: number) => (left & right) >>> 0;

/** POSIX `st_mode` as Go's `os.FileMode`. */
export const toGoMode = (mode: number): number => {
	const type = types.find(([, posix]) => posix === and(mode, typeBits))?.[0] ?? 0;
	return pairs.reduce((sum, [go, posix]) => sum + (and(mode, posix) ? go : 0), type + and(mode, 0o777));
};

/** Go's `os.FileMode` as POSIX `st_mode`. */
export const fromGoMode = (mode: number): number => {
	const type = types.find(([go]) => go === and(mode, goTypeBits))?.[1] ?? 0o10_0000;
	return pairs.reduce((sum, [go, posix]) => sum + (and(mode, go) ? posix : 0), type + and(mode, 0o777));
};
