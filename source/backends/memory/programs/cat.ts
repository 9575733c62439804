import {isFileError} from '../file-node.js';
import type {Program} from '../process.js';
import {pathIn} from './paths.js';

/** Copies files, or its input, to its output. */
export const cat: Program = async ({command, directory, host, stdin, stdout, stderr}) => {
	const names = command.slice(1).filter(name => name !== '-u');
	let status = 0;
	for (const name of names.length === 0 ? ['-'] : names) {
		if (name === '-') {
			for (let chunk = await stdin.read(); chunk; chunk = await stdin.read()) {
				await stdout.write(chunk);
			}

			continue;
		}

		try {
			const {node} = host.files.locate(pathIn(directory, name));
			if (node.type === 'file') {
				await stdout.write(node.content);
			} else {
				await stderr.write('cat: read error: Is a directory\n');
				status = 1;
			}
		} catch (error) {
			if (!isFileError(error)) {
				throw error;
			}

			await stderr.write(`cat: can't open '${name}': ${error.message}\n`);
			status = 1;
		}
	}

	return status;
};
