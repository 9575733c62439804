import path from 'node:path';
import {fileError, fileNode, linkNode} from '../file-node.js';
import type {Program} from '../process.js';
import {forEach, pathIn, refuse, withOptions} from './options.js';

export const ls = withOptions('ad', async (invocation, {letters, operands}) => {
	const {host: {files}, directory, stdout} = invocation;
	return forEach(invocation, operands.length === 0 ? ['.'] : operands, async name => {
		const {path: found, node} = files.locate(pathIn(directory, name));
		if (node.type !== 'directory' || letters.includes('d')) {
			await stdout.write(`${name}\n`);
			return;
		}

		const isAll = letters.includes('a');
		const names = [...isAll ? ['.', '..'] : [], ...files.list(found).filter(child => isAll || !child.startsWith('.'))];
		await stdout.write([...operands.length > 1 ? [`${name}:`] : [], ...names, ''].join('\n'));
	});
});

/** `stat -c %a FILE...`: permissions in octal. */
export const stat: Program = async invocation => {
	const {host: {files}, directory, stdout, command: [, option, format, ...names]} = invocation;
	return option === '-c' && format === '%a'
		? forEach(invocation, names, async name => {
			await stdout.write(`${files.locate(pathIn(directory, name), {follow: false}).node.mode.toString(8)}\n`);
		})
		: refuse(invocation, 'stat -c %a FILE...');
};

export const mkdir = withOptions('p', async (invocation, {letters, operands}) => {
	const {host: {files}, directory} = invocation;
	return forEach(invocation, operands, name => {
		const place = pathIn(directory, name);
		if (!letters.includes('p')) {
			if (files.find(place, {follow: false})) {
				throw fileError('EEXIST');
			}

			files.locate(path.posix.dirname(place));
		}

		files.makeDirectory(place);
	});
});

export const rm = withOptions('fr', async (invocation, {letters, operands}) => {
	const {host: {files}, directory} = invocation;
	return forEach(invocation, operands, name => {
		const place = pathIn(directory, name);
		if (letters.includes('f') && !files.find(place, {follow: false})) {
			return;
		}

		if (files.locate(place, {follow: false}).node.type === 'directory' && !letters.includes('r')) {
			throw fileError('EISDIR');
		}

		files.remove(place);
	});
});

export const rmdir = withOptions('', async (invocation, {operands}) => {
	const {host: {files}, directory} = invocation;
	return forEach(invocation, operands, name => {
		const {path: place, node} = files.locate(pathIn(directory, name), {follow: false});
		if (node.type !== 'directory' || files.list(place).length > 0) {
			throw fileError(node.type === 'directory' ? 'ENOTEMPTY' : 'ENOTDIR');
		}

		files.remove(place);
	});
});

export const touch = withOptions('', async (invocation, {operands}) => {
	const {host, directory} = invocation;
	return forEach(invocation, operands, name => {
		const found = host.files.find(pathIn(directory, name));
		host.files.put(found?.path ?? pathIn(directory, name), {...found?.node ?? fileNode(0, ''), modifiedAt: host.now()});
	});
});

/** `ln -s TARGET LINK`. */
export const ln: Program = async invocation => {
	const {host, directory, command: [, option, target = '', name = '', ...more]} = invocation;
	return option === '-s' && name !== '' && more.length === 0
		? forEach(invocation, [name], () => {
			const place = pathIn(directory, name);
			if (host.files.find(place, {follow: false})) {
				throw fileError('EEXIST');
			}

			host.files.put(place, linkNode(host.now(), target));
		})
		: refuse(invocation, 'ln -s TARGET LINK');
};

/** `chmod MODE FILE...`, the mode in octal. */
export const chmod: Program = async invocation => {
	const {host: {files}, directory, command: [, mode = '', ...names]} = invocation;
	return /^[0-7]{1,4}$/v.test(mode)
		? forEach(invocation, names, name => {
			const {path: place, node} = files.locate(pathIn(directory, name));
			files.put(place, {...node, mode: Number.parseInt(mode, 8)});
		})
		: refuse(invocation, 'chmod MODE FILE... with an octal mode');
};
