import {randomBytes} from 'node:crypto';

/** 64 hexadecimal digits, of which the first twelve are never a number: as a host name that would be read as an address. */
export const newId = (): string => {
	for (;;) {
		const id = randomBytes(32).toString('hex');
		if (/[a-f]/v.test(id.slice(0, 12))) {
			return id;
		}
	}
};
