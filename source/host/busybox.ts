import {copyFile, symlink} from 'node:fs/promises';
import path from 'node:path';
import {run} from './run.js';

/** Copies busybox to a directory, with a link for each of its applets, except those `without`. */
export const installBusybox = async (busybox: string, directory: string, without: readonly string[] = []): Promise<void> => {
	const {stdout} = await run(busybox, ['--list']);
	await copyFile(busybox, path.join(directory, 'busybox'));
	const applets = stdout.split('\n').filter(applet => applet !== '' && !['busybox', ...without].includes(applet));
	await Promise.all(applets.map(async applet => symlink('busybox', path.join(directory, applet))));
};
