import {HolmError} from '../../../engine/errors.js';
import type {FileTree} from '../file-tree.js';
import type {Program} from '../process.js';
import {pathIn} from './options.js';
import {programs} from './programs.js';

const directories = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const byName: ReadonlyMap<string, Program> = new Map(Object.entries(programs).map(([path, program]) => [path.slice(path.lastIndexOf('/') + 1), program]));

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/**
The program that a command names, as execvp(3) finds it.

Throws `command-not-found`, and `not-executable` for a file that is not a program.
*/
export const findProgram = (files: FileTree, name: string, directory: string): {readonly run: Program; readonly path: string} => {
	const notExecutable = (reason: string, remedy: string) => new HolmError('not-executable', `exec: "${name}": ${reason}`, {remedy});
	const missing = () => new HolmError('command-not-found', name.includes('/')
		? `exec: "${name}": stat ${name}: no such file or directory`
		: `exec: "${name}": executable file not found in $PATH`, {remedy: 'the demo has few programs; a real engine has those of the image: holm system start'});
	const paths = name.includes('/') ? [pathIn(directory, name)] : directories.map(path => `${path}/${name}`);
	const found = paths.map(path => ({path, node: files.find(path)?.node})).find(({node}) => node !== undefined);
	if (!found) {
		throw missing();
	}

	const {path, node} = found;
	if (node?.type !== 'file') {
		throw notExecutable('is a directory: permission denied', 'name a program');
	}

	if ((node.mode & 0o111) === 0) {
		throw notExecutable('permission denied', 'make it executable');
	}

	const text = String.fromCodePoint(...node.content.subarray(0, 200));
	const words = text.startsWith('#!') ? text.slice(2).split('\n', 1)[0]!.trim().split(/\s+/v) : [];
	const run = byName.get(nameOf(words.find(word => !word.endsWith('/env')) ?? path));
	if (!run) {
		throw words.length > 0 ? missing() : notExecutable('exec format error', 'the demo runs its built-in programs and shell scripts');
	}

	return {path, run: words.length > 0 ? async invocation => run({...invocation, command: [...words.filter(word => !word.endsWith('/env')), path, ...invocation.command.slice(1)]}) : run};
};
