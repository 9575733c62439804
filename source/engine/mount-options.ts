// Options of Docker's that have no effect here: the VMs imply or do not need them.
const ignored = new Set(['rw', 'z', 'Z', 'cached', 'delegated', 'consistent', 'private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave']);

/** The options after the second colon of `-v` and of Docker's `Binds`, such as `ro,nocopy`. `unknown` is the first one that is none. */
export const parseMountOptions = (text: string): {readonly readOnly: boolean; readonly noCopy: boolean; readonly unknown?: string} => {
	const options = text.split(',').filter(Boolean);
	return {
		readOnly: options.includes('ro'),
		noCopy: options.includes('nocopy'),
		unknown: options.find(option => option !== 'ro' && option !== 'nocopy' && !ignored.has(option)),
	};
};
