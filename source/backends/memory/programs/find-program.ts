import {HolmError} from '../../../engine/errors.js';
import type {FileTree} from '../file-tree.js';
import type {Program} from '../process.js';
import {programs} from './programs.js';

/** The name of each built-in program, and the directory that it stands in. */
export const programNames = (): ReadonlyMap<string, string> => new Map(Object.entries(programs).map(([name, {directory = '/bin'}]) => [name, directory]));

const directories = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export type Found = {readonly run: Program; readonly path: string};

const builtIn = (name: string): Program | undefined => Object.hasOwn(programs, name) ? programs[name]!.run : undefined;

/**
The program that a command names, as execvp(3) finds it.

Throws `command-not-found`, and `not-executable` for a file that is no program.
*/
export const findProgram = (files: FileTree, name: string, directory: string): Found => {
	const missing = () => new HolmError('command-not-found', name.includes('/')
		? `exec: "${name}": stat ${name}: no such file or directory`
		: `exec: "${name}": executable file not found in $PATH`, {remedy: 'an engine in memory has built-in programs only'});
	const paths = name.includes('/') ? [name.startsWith('/') ? name : `${directory}/${name}`] : directories.map(path => `${path}/${name}`);
	const path = paths.find(path => files.find(path)?.node.type === 'file');
	if (path === undefined) {
		if (paths.some(path => files.find(path))) {
			throw new HolmError('not-executable', `exec: "${name}": is a directory: permission denied`, {remedy: 'name a program'});
		}

		throw missing();
	}

	const {node} = files.locate(path);
	if (node.type !== 'file' || (node.mode & 0o111) === 0) {
		throw new HolmError('not-executable', `exec: "${name}": permission denied`, {remedy: 'it has to be an executable file'});
	}

	const own = builtIn(path.slice(path.lastIndexOf('/') + 1));
	const text = String.fromCodePoint(...node.content.subarray(0, 200));
	const [interpreter, ...rest] = text.startsWith('#!') ? text.slice(2).split('\n', 1)[0]!.trim().split(/\s+/v) : [];
	if (!interpreter) {
		if (own) {
			return {run: own, path};
		}

		throw new HolmError('not-executable', `exec: "${name}": exec format error`, {remedy: 'an engine in memory runs built-in programs and shell scripts'});
	}

	const words = interpreter.endsWith('/env') && rest.length > 0 ? rest : [interpreter, ...rest];
	const shell = builtIn(words[0]!.slice(words[0]!.lastIndexOf('/') + 1));
	if (!shell) {
		throw missing();
	}

	return {run: async invocation => shell({...invocation, command: [...words, path, ...invocation.command.slice(1)]}), path};
};
