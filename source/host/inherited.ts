import {closeSync, readFileSync, readdirSync} from 'node:fs';

const standardError = 2;

/** `O_CLOEXEC` in `/proc/self/fdinfo`, the same on every architecture that Node supports. */
const closeOnExec = 0o200_0000;

/**
Closes the descriptors that this process inherited, except the standard streams. Otherwise every program that it starts would inherit them too, machines included. Call it before anything is opened.

Node opens its own files with close-on-exec, and sets it at start for the first sixteen descriptors and those that follow without a gap, such as sockets that systemd passes.
*/
export const closeInherited = (): void => {
	for (const name of readdirSync('/proc/self/fdinfo')) {
		try {
			const flags = /^flags:\s*(?<flags>[0-7]+)$/mv.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'utf8'))?.groups?.flags ?? '';
			if (Number(name) > standardError && (Number.parseInt(flags, 8) & closeOnExec) === 0) {
				closeSync(Number(name));
			}
		} catch {
			// The descriptor that the directory was read with.
		}
	}
};
