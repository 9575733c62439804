import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {isMissing} from '../store/missing.js';
import {ownerVariable} from './owner.js';
import {
	identify,
	isAlive,
	killProcess,
	type ProcessIdentity,
} from './process.js';
import {readRecord} from './record.js';

export type OwnedProcess = {
	readonly identity: ProcessIdentity;
	/** Directory that it works for, below the engine's. */
	readonly directory: string;
	/** Name of its program, in printable ASCII. */
	readonly program: string;
};

const endedCodes = new Set(['ESRCH', 'EACCES', 'EPERM']);

/** Resolves with undefined if the process has ended. */
const readProcess = async (pid: string, name: string): Promise<string | undefined> => {
	try {
		return await readFile(`/proc/${pid}/${name}`, 'latin1');
	} catch (error) {
		if (isMissing(error) || endedCodes.has((error as NodeJS.ErrnoException).code ?? '')) {
			return undefined;
		}

		throw error;
	}
};

const ownerOf = (environment: string): string | undefined =>
	environment.split('\0').find(variable => variable.startsWith(`${ownerVariable}=`))?.slice(ownerVariable.length + 1);

const programOf = (line: string): string => {
	const words = line.split('\0');
	const program = words.find(word => /(?:^|\/)(?:qemu-system-\w+|virtiofsd|buildah)$/v.test(word)) ?? words[0] ?? '';
	return path.basename(program).replaceAll(/[^\u{20}-\u{7E}]/gv, '').slice(0, 64) || 'a process';
};

/** The processes that work for the engine in `root`. */
export const ownedProcesses = async (root: string): Promise<readonly OwnedProcess[]> => {
	const names = await readdir('/proc');
	const found: OwnedProcess[] = [];
	for (const name of names.filter(name => /^\d+$/v.test(name))) {
		const directory = ownerOf(await readProcess(name, 'environ') ?? '');
		if (directory === undefined || !(directory === root || directory.startsWith(`${root}/`))) {
			continue;
		}

		const identity = await identify(Number(name));
		if (identity) {
			found.push({identity, directory, program: programOf(await readProcess(name, 'cmdline') ?? '')});
		}
	}

	return found;
};

/** Kills the processes that work for the engine in `root`, except those for which `isKept` resolves with true. Resolves with a line for each one it killed. */
export const endStrays = async (
	root: string,
	isKept: (owned: OwnedProcess) => Promise<boolean> = async () => false,
): Promise<readonly string[]> => {
	const found: string[] = [];
	// A process may start another one before it ends, which the next round finds.
	for (let round = 0; round < 5; round++) {
		let isClean = true;
		for (const owned of await ownedProcesses(root)) {
			if (await isKept(owned)) {
				continue;
			}

			const {identity, program, directory} = owned;
			isClean = false;
			await killProcess(identity);
			found.push(`${program}, process ${identity.pid}, of ${path.relative(root, directory) || 'the engine'}`);
		}

		if (isClean) {
			break;
		}
	}

	return found;
};

/** A filter that keeps the processes of the given machine directories, and of templates that another living process makes. */
export const keptBy = (directories: readonly string[]): ((owned: OwnedProcess) => Promise<boolean>) => async ({directory}) => {
	if (directories.includes(directory)) {
		return true;
	}

	const record = await readRecord(directory);
	return record?.maker !== undefined && record.maker.pid !== process.pid && isAlive(record.maker);
};
