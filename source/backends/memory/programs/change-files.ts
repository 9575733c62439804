import {Buffer} from 'node:buffer';
import path from 'node:path';
import {fileError, type TreeNode} from '../file-node.js';
import {readAll} from '../pipe.js';
import type {Invocation, Program} from '../process.js';
import {forEach, optionsOf} from './options.js';
import {pathIn} from './paths.js';

const newFile = ({host}: Invocation, content: Uint8Array, mode = 0o644): TreeNode => ({
	type: 'file', mode, uid: 0, gid: 0, modifiedAt: host.now(), content,
});

export const mkdir: Program = async invocation => {
	const {host, directory} = invocation;
	const {letters, operands} = optionsOf(invocation);
	return forEach(invocation, operands, name => {
		const place = pathIn(directory, name);
		if (letters.includes('p')) {
			host.files.makeDirectory(place);
		} else if (host.files.find(place, {follow: false})) {
			throw fileError('EEXIST');
		} else {
			host.files.locate(path.posix.dirname(place));
			host.files.makeDirectory(place);
		}
	}, 'can\'t create directory ');
};

export const rm: Program = async invocation => {
	const {host, directory} = invocation;
	const {letters, operands} = optionsOf(invocation);
	return forEach(invocation, operands, name => {
		const found = host.files.find(pathIn(directory, name), {follow: false});
		if (!found && letters.includes('f')) {
			return;
		}

		const {path: place, node} = host.files.locate(pathIn(directory, name), {follow: false});
		if (node.type === 'directory' && !/r/iv.test(letters)) {
			throw fileError('EISDIR');
		}

		host.files.remove(place);
	}, 'can\'t remove ');
};

export const rmdir: Program = async invocation => {
	const {host, directory} = invocation;
	return forEach(invocation, optionsOf(invocation).operands, name => {
		const {path: place, node} = host.files.locate(pathIn(directory, name), {follow: false});
		if (node.type !== 'directory') {
			throw fileError('ENOTDIR');
		}

		if (node.children.size > 0) {
			throw fileError('ENOTEMPTY');
		}

		host.files.remove(place);
	});
};

export const touch: Program = async invocation => {
	const {host, directory} = invocation;
	return forEach(invocation, optionsOf(invocation).operands, name => {
		const found = host.files.find(pathIn(directory, name));
		host.files.put(found?.path ?? pathIn(directory, name), found ? {...found.node, modifiedAt: host.now()} : newFile(invocation, new Uint8Array()));
	});
};

export const ln: Program = async invocation => {
	const {host, directory, stderr} = invocation;
	const {letters, operands} = optionsOf(invocation);
	const [target, given] = operands;
	if (target === undefined) {
		await stderr.write('ln: usage: ln [-sf] TARGET LINK\n');
		return 1;
	}

	const wanted = given ?? path.posix.basename(target);
	return forEach(invocation, [wanted], name => {
		const into = host.files.find(pathIn(directory, name))?.node.type === 'directory';
		const place = into ? `${pathIn(directory, name)}/${path.posix.basename(target)}` : pathIn(directory, name);
		if (host.files.find(place, {follow: false}) && !letters.includes('f')) {
			throw fileError('EEXIST');
		}

		host.files.put(place, letters.includes('s')
			? {
				type: 'link', mode: 0o777, uid: 0, gid: 0, modifiedAt: host.now(), target,
			}
			: host.files.locate(pathIn(directory, target)).node);
	});
};

const transfer = (isMove: boolean): Program => async invocation => {
	const {host, directory, stderr} = invocation;
	const {letters, operands} = optionsOf(invocation);
	const destination = operands.at(-1);
	if (destination === undefined || operands.length < 2) {
		await stderr.write(`${invocation.command[0]}: missing file operand\n`);
		return 1;
	}

	return forEach(invocation, operands.slice(0, -1), name => {
		const source = host.files.locate(pathIn(directory, name), {follow: !isMove && !/[ad]/v.test(letters)});
		if (source.node.type === 'directory' && !isMove && !/[Rar]/v.test(letters)) {
			throw fileError('EISDIR');
		}

		const isInto = host.files.find(pathIn(directory, destination))?.node.type === 'directory';
		host.files.put(isInto ? `${pathIn(directory, destination)}/${path.posix.basename(source.path)}` : pathIn(directory, destination), isMove ? source.node : {...source.node, modifiedAt: host.now()});
		if (isMove) {
			host.files.remove(source.path);
		}
	});
};

export const cp = transfer(false);

export const mv = transfer(true);

const symbolicMode = (mode: number, text: string): number | undefined => {
	const match = /^(?<who>[agou]*)(?<operator>[+\-=])(?<bits>[rwx]*)$/v.exec(text);
	if (!match) {
		return undefined;
	}

	const {who = '', operator = '', bits = ''} = match.groups!;
	const triple = (bits.includes('r') ? 4 : 0) + (bits.includes('w') ? 2 : 0) + (bits.includes('x') ? 1 : 0);
	const isWhole = who === '' || who.includes('a');
	const mask = (isWhole || who.includes('u') ? triple * 64 : 0) + (isWhole || who.includes('g') ? triple * 8 : 0) + (isWhole || who.includes('o') ? triple : 0);
	return operator === '-' ? mode & ~mask : (operator === '+' ? mode | mask : mask);
};

export const chmod: Program = async invocation => {
	const {host, directory, stderr, command} = invocation;
	const [mode = '', ...names] = command.slice(1).filter(word => word !== '-R');
	const change = (before: number) => /^[0-7]{1,4}$/v.test(mode) ? Number.parseInt(mode, 8) : symbolicMode(before, mode);
	if (change(0) === undefined) {
		await stderr.write(`chmod: invalid mode '${mode}'\n`);
		return 1;
	}

	return forEach(invocation, names, name => {
		const {path: place, node} = host.files.locate(pathIn(directory, name));
		host.files.put(place, {...node, mode: change(node.mode)!});
	});
};

export const chown: Program = async invocation => {
	const {host, directory, command} = invocation;
	const [owner = '', ...names] = command.slice(1).filter(word => word !== '-R');
	const [uid, gid] = owner.split(':').map(text => text === 'root' ? 0 : Number(text));
	return forEach(invocation, names, name => {
		const {path: place, node} = host.files.locate(pathIn(directory, name));
		host.files.put(place, {...node, ...Number.isSafeInteger(uid) && {uid: uid!}, ...Number.isSafeInteger(gid) && {gid: gid!}});
	});
};

/** Copies its input to files and to its output. */
export const tee: Program = async invocation => {
	const {host, directory, stdin, stdout} = invocation;
	const {letters, operands} = optionsOf(invocation);
	const before = new Map(operands.map(name => {
		const node = host.files.find(pathIn(directory, name))?.node;
		return [name, letters.includes('a') && node?.type === 'file' ? node.content : new Uint8Array()] as const;
	}));
	const content = await readAll({
		async read() {
			const chunk = await stdin.read();
			await stdout.write(chunk ?? '');
			return chunk;
		},
	});

	return forEach(invocation, operands, name => {
		host.files.put(pathIn(directory, name), newFile(invocation, Buffer.concat([before.get(name)!, content])));
	});
};
