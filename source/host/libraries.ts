import {HolmError} from '../engine/errors.js';
import {run} from './run.js';

/**
Shared libraries of a program of the host, its linker included, as absolute paths. `searchPath` names more directories to search, with colons.

Throws `unavailable` if one is missing.
*/
export const librariesOf = async (program: string, searchPath = ''): Promise<readonly string[]> => {
	const {stdout} = await run('ldd', [program], {accept: [0, 1], environment: {LD_LIBRARY_PATH: searchPath}});
	return stdout.split('\n').flatMap(line => {
		const words = line.trim().split(' ');
		if (line.includes('=> not found')) {
			throw new HolmError('unavailable', `${program} needs the library ${words[0]!}, which this host does not have`, {remedy: 'install the package of the program'});
		}

		return words.filter(word => word.startsWith('/')).slice(-1);
	});
};
