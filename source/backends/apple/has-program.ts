import {access, constants} from 'node:fs/promises';
import path from 'node:path';

/** Whether this host seems to have Apple's `container`, without running it. */
export const hasProgram = async ({HOLM_CONTAINER, PATH = ''}: Readonly<Record<string, string | undefined>>): Promise<boolean> => {
	if (process.platform !== 'darwin' && !HOLM_CONTAINER) {
		return false;
	}

	const files = [
		...HOLM_CONTAINER ? [HOLM_CONTAINER] : [],
		...[...PATH.split(':'), '/usr/local/bin', '/opt/homebrew/bin'].filter(directory => directory.startsWith('/')).map(directory => path.join(directory, 'container')),
	];
	const found = await Promise.all(files.map(async file => {
		try {
			await access(file, constants.X_OK);
			return true;
		} catch {
			return false;
		}
	}));
	return found.includes(true);
};
