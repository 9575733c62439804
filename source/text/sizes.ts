const scaled = (bytes: number, base: number, units: readonly string[], digits: number): string => {
	let value = bytes;
	let index = 0;
	while (value >= base && index < units.length - 1) {
		value /= base;
		index++;
	}

	return `${Number(value.toPrecision(digits))}${units[index]}`;
};

/** Bytes in powers of 1000 with three digits, as Docker prints the size of an image: `241MB`. */
export const decimalSize = (bytes: number): string => scaled(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB'], 3);

/** Bytes in powers of 1024 with four digits, as Docker prints memory: `512MiB`. */
export const binarySize = (bytes: number): string => scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'], 4);
