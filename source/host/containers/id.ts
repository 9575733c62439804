import {randomBytes} from 'node:crypto';

/** 64 hexadecimal digits. The first twelve are never all decimal, because a host name of digits would be parsed as an address. */
export const newId = (): string => {
	for (;;) {
		const id = randomBytes(32).toString('hex');
		if (/[a-f]/v.test(id.slice(0, 12))) {
			return id;
		}
	}
};
