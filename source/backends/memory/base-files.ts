import {fileNode, linkNode} from './file-node.js';
import {createFileTree, type FileTree} from './file-tree.js';
import type {KnownImage} from './known-images.js';
import {programs} from './programs/programs.js';

const directories = ['/bin', '/dev', '/etc', '/home', '/lib', '/mnt', '/opt', '/proc', '/root', '/run', '/sbin', '/srv', '/sys', '/usr/bin', '/usr/local/bin', '/usr/sbin', '/var/lib', '/var/log'];

const texts: Readonly<Record<string, string>> = {
	'/etc/alpine-release': '3.23.0\n',
	'/etc/os-release': 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.23.0\nPRETTY_NAME="Alpine Linux v3.23"\n',
	'/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n',
	'/etc/group': 'root:x:0:root\nnobody:x:65534:\n',
	'/etc/hostname': 'localhost\n',
	'/etc/hosts': '127.0.0.1\tlocalhost\n',
	'/etc/resolv.conf': 'options ndots:0\n',
	'/etc/shells': '/bin/sh\n/bin/ash\n',
};

/** The file system of a known image: base files, the built-in programs, and the image's own files. */
export const baseFiles = ({createdAt, files = {}, configuration}: KnownImage): FileTree => {
	const {workingDirectory, volumes = [], entrypoint = [], command} = configuration;
	const tree = createFileTree(() => createdAt);
	for (const directory of directories) {
		tree.makeDirectory(directory, directory === '/root' ? 0o700 : 0o755);
	}

	tree.makeDirectory('/tmp', 0o1777);
	tree.put('/bin/busybox', fileNode(createdAt, '\u{7F}ELF', 0o755));
	const absolute = [...entrypoint, ...command].filter(path => path.startsWith('/'));
	for (const path of [...Object.keys(programs), ...absolute]) {
		tree.put(path, linkNode(createdAt, '/bin/busybox'));
	}

	for (const directory of [...workingDirectory === undefined ? [] : [workingDirectory], ...volumes]) {
		tree.makeDirectory(directory);
	}

	for (const [path, text] of Object.entries({...texts, ...files})) {
		tree.makeDirectory(path.slice(0, path.lastIndexOf('/')) || '/');
		tree.put(path, fileNode(createdAt, text));
	}

	return tree;
};
