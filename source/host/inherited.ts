import {closeSync, readFileSync, readdirSync} from 'node:fs';

const standardError = 2;

/** Of an open file, as `/proc/self/fdinfo` has it on every architecture that node runs on. */
const closeOnExec = 0o200_0000;

/**
Closes the descriptors that whoever started this process has left open in it beside the standard streams: every program that it starts would have them, too, machines among them. To be called before anything is opened.

Node itself opens nothing that programs inherit, and keeps from them the first sixteen descriptors and those that follow without a gap, such as sockets that systemd hands over.
*/
export const closeInherited = (): void => {
	for (const name of readdirSync('/proc/self/fdinfo')) {
		try {
			const flags = /^flags:\s*(?<flags>[0-7]+)$/mv.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'utf8'))?.groups?.flags ?? '';
			if (Number(name) > standardError && (Number.parseInt(flags, 8) & closeOnExec) === 0) {
				closeSync(Number(name));
			}
		} catch {
			// The one that the directory was read with.
		}
	}
};
