import {
	fileError,
	modeOf,
	sizeOf,
	type TreeNode,
} from '../file-node.js';
import type {Program} from '../process.js';
import {forEach, optionsOf} from './options.js';
import {pathIn} from './paths.js';

const permissions = (node: TreeNode): string => {
	const bits = [...'rwxrwxrwx'].map((letter, index) => (node.mode & (1 << (8 - index))) === 0 ? '-' : letter).join('');
	return `${{file: '-', link: 'l', directory: 'd'}[node.type]}${bits}`;
};

const longLine = (name: string, node: TreeNode): string => {
	const links = node.type === 'directory' ? 2 : 1;
	const owner = (id: number) => (id === 0 ? 'root' : String(id)).padEnd(8);
	const date = new Date(node.modifiedAt).toUTCString().slice(5, 22);
	return `${permissions(node)} ${String(links).padStart(4)} ${owner(node.uid)} ${owner(node.gid)} ${String(sizeOf(node)).padStart(9)} ${date} ${name}${node.type === 'link' ? ` -> ${node.target}` : ''}`;
};

export const ls: Program = async invocation => {
	const {host, directory, stdout} = invocation;
	const {letters, operands} = optionsOf(invocation);
	const isLong = letters.includes('l');
	const names = operands.length === 0 ? ['.'] : operands;
	const show = (name: string, node: TreeNode) => isLong ? longLine(name, node) : name;
	return forEach(invocation, names, async name => {
		const place = pathIn(directory, name);
		const {path: found, node} = host.files.locate(place, {follow: !isLong || name.endsWith('/')});
		if (node.type !== 'directory' || letters.includes('d')) {
			await stdout.write(`${show(name, node)}\n`);
			return;
		}

		const children = [...node.children.keys()].filter(child => letters.includes('a') || letters.includes('A') || !child.startsWith('.')).toSorted();
		const lines = children.map(child => show(child, host.files.locate(`${found}/${child}`, {follow: false}).node));
		const title = operands.length > 1 ? [`${name}:`] : [];
		const all = [...title, ...letters.includes('a') ? [show('.', node), show('..', host.files.locate(`${found}/..`).node)] : [], ...lines];
		await stdout.write(all.map(line => `${line}\n`).join(''));
	});
};

/** `stat -c FORMAT FILE` with the most common letters. */
export const stat: Program = async invocation => {
	const {host, directory, stdout, command} = invocation;
	const at = command.indexOf('-c');
	const format = at === -1 ? '%n %s %a' : command[at + 1] ?? '';
	const names = command.slice(1).filter((word, index) => !word.startsWith('-') && (at === -1 || index + 1 !== at + 1));
	return forEach(invocation, names, async name => {
		const {node} = host.files.locate(pathIn(directory, name), {follow: command.includes('-L')});
		const nameOf = (id: number) => id === 0 ? 'root' : 'UNKNOWN';
		const values: Readonly<Record<string, string>> = {
			F: {file: 'regular file', link: 'symbolic link', directory: 'directory'}[node.type],
			G: nameOf(node.gid),
			U: nameOf(node.uid),
			Y: String(Math.floor(node.modifiedAt / 1000)),
			a: node.mode.toString(8),
			f: modeOf(node).toString(16),
			g: String(node.gid),
			n: name,
			s: String(sizeOf(node)),
			u: String(node.uid),
		};
		await stdout.write(`${format.replaceAll(/%(?<letter>[FGUYafgnsu])/gv, (_whole, letter: string) => values[letter] ?? '')}\n`);
	}, 'can\'t stat ');
};

export const readlink: Program = async invocation => {
	const {host, directory, stdout} = invocation;
	const {letters, operands} = optionsOf(invocation);
	return forEach(invocation, operands, async name => {
		const {path: place, node} = host.files.locate(pathIn(directory, name), {follow: letters.includes('f')});
		if (!letters.includes('f') && node.type !== 'link') {
			throw fileError('ENOENT');
		}

		await stdout.write(`${letters.includes('f') || node.type !== 'link' ? place : node.target}\n`);
	});
};
