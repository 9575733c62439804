import path from 'node:path';
import {fileError, sizeOf, type TreeNode} from '../file-node.js';
import type {Program} from '../process.js';
import {forEach, pathIn, withOptions} from './options.js';

const ownerOf = (id: number) => (id === 0 ? 'root' : String(id)).padEnd(8);

const longLine = (name: string, node: TreeNode, isHuman: boolean): string => {
	const bits = [...'rwxrwxrwx'].map((letter, index) => (node.mode & (1 << (8 - index))) === 0 ? '-' : letter).join('');
	const bytes = sizeOf(node);
	const size = isHuman && bytes >= 1024 ? `${(bytes / 1024).toFixed(1)}K` : String(bytes);
	const date = new Date(node.modifiedAt).toUTCString().slice(5, 22);
	const owners = `${ownerOf(node.uid)} ${ownerOf(node.gid)}`;
	return `${{file: '-', link: 'l', directory: 'd'}[node.type]}${bits} ${node.type === 'directory' ? '   2' : '   1'} ${owners} ${size.padStart(9)} ${date} ${name}${node.type === 'link' ? ` -> ${node.target}` : ''}`;
};

export const ls = withOptions('Aadhl1', async (invocation, {letters, operands}) => {
	const {host: {files}, directory, stdout} = invocation;
	const isLong = letters.includes('l');
	const show = (name: string, node: TreeNode) => `${isLong ? longLine(name, node, letters.includes('h')) : name}\n`;
	return forEach(invocation, operands.length === 0 ? ['.'] : operands, async name => {
		const {path: found, node} = files.locate(pathIn(directory, name), {follow: !isLong || name.endsWith('/')});
		if (node.type !== 'directory' || letters.includes('d')) {
			await stdout.write(show(name, node));
			return;
		}

		const names = [...node.children.keys()].filter(child => /a/iv.test(letters) || !child.startsWith('.')).toSorted();
		const lines = names.map(child => show(child, files.locate(`${found}/${child}`, {follow: false}).node));
		const parents = letters.includes('a') ? [show('.', node), show('..', files.locate(`${found}/..`).node)] : [];
		await stdout.write([...operands.length > 1 ? [`${name}:\n`] : [], ...parents, ...lines].join(''));
	});
});

/** `stat -c %a FILE...`: permissions in octal. */
export const stat: Program = async invocation => {
	const {host: {files}, directory, stdout, stderr, command: [, option, format, ...names]} = invocation;
	if (option !== '-c' || format !== '%a') {
		await stderr.write('stat: only "stat -c %a FILE..." is in the demo\n');
		return 2;
	}

	return forEach(invocation, names, async name => {
		await stdout.write(`${files.locate(pathIn(directory, name), {follow: false}).node.mode.toString(8)}\n`);
	}, 'can\'t stat ');
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
	}, 'can\'t create directory ');
});

export const rm = withOptions('Rfr', async (invocation, {letters, operands}) => {
	const {host: {files}, directory} = invocation;
	return forEach(invocation, operands, name => {
		const place = pathIn(directory, name);
		if (letters.includes('f') && !files.find(place, {follow: false})) {
			return;
		}

		if (files.locate(place, {follow: false}).node.type === 'directory' && !/r/iv.test(letters)) {
			throw fileError('EISDIR');
		}

		files.remove(place);
	}, 'can\'t remove ');
});

export const rmdir = withOptions('', async (invocation, {operands}) => {
	const {host: {files}, directory} = invocation;
	return forEach(invocation, operands, name => {
		const {path: place, node} = files.locate(pathIn(directory, name), {follow: false});
		if (node.type !== 'directory' || node.children.size > 0) {
			throw fileError(node.type === 'directory' ? 'ENOTEMPTY' : 'ENOTDIR');
		}

		files.remove(place);
	});
});

export const touch = withOptions('', async (invocation, {operands}) => {
	const {host, directory} = invocation;
	return forEach(invocation, operands, name => {
		const found = host.files.find(pathIn(directory, name));
		const node: TreeNode = found?.node ?? {
			type: 'file', mode: 0o644, uid: 0, gid: 0, modifiedAt: 0, content: new Uint8Array(),
		};
		host.files.put(found?.path ?? pathIn(directory, name), {...node, modifiedAt: host.now()});
	});
});

/** `ln -s [-f] TARGET LINK`. */
export const ln = withOptions('fs', async (invocation, {letters, operands: [target, name, ...more]}) => {
	const {host, directory, stderr} = invocation;
	if (target === undefined || name === undefined || more.length > 0 || !letters.includes('s')) {
		await stderr.write('ln: only "ln -s [-f] TARGET LINK" is in the demo\n');
		return 2;
	}

	return forEach(invocation, [name], () => {
		const given = pathIn(directory, name);
		const place = host.files.find(given)?.node.type === 'directory' ? `${given}/${path.posix.basename(target)}` : given;
		if (host.files.find(place, {follow: false}) && !letters.includes('f')) {
			throw fileError('EEXIST');
		}

		host.files.put(place, {
			type: 'link', mode: 0o777, uid: 0, gid: 0, modifiedAt: host.now(), target,
		});
	});
});

/** `chmod MODE FILE...`, the mode in octal or `+x`. */
export const chmod: Program = async invocation => {
	const {host: {files}, directory, stderr, command: [, mode = '', ...names]} = invocation;
	if (!/^(?:[0-7]{1,4}|\+x)$/v.test(mode)) {
		await stderr.write(`chmod: mode "${mode}" is not in the demo\n`);
		return 2;
	}

	return forEach(invocation, names, name => {
		const {path: place, node} = files.locate(pathIn(directory, name));
		files.put(place, {...node, mode: mode === '+x' ? node.mode | 0o111 : Number.parseInt(mode, 8)});
	});
};
