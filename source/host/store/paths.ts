import path from 'node:path';

/** Where an engine keeps everything unless told otherwise. */
export const defaultRoot = '/var/lib/holm';

/**
Every name on disk that the engine uses, below one directory.

Sockets live beside the records, so the directory must be short: the kernel gives the address of a unix socket 107 bytes.
*/
export const pathsOf = (root: string) => ({
	root,
	/** The daemon's socket, mode 0660. */
	socket: path.join(root, 'holm.sock'),
	/** Process id of the daemon and what tells it from a later process of the same number. */
	daemonPid: path.join(root, 'daemon.pid'),
	daemonLog: path.join(root, 'daemon.log'),
	/** Locked by the daemon for as long as it runs. */
	daemonLock: path.join(root, 'daemon.lock'),
	/** Id of the host's boot in which the engine was last open. */
	boot: path.join(root, 'boot'),
	/** There while an engine opens only to end what runs. */
	ending: path.join(root, 'ending'),
	/** Id of the engine, made once. */
	identity: path.join(root, 'identity'),
	containers: path.join(root, 'containers'),
	networks: path.join(root, 'networks'),
	volumes: path.join(root, 'volumes'),
	/** Storage of images and the scratch space of builds. */
	images: path.join(root, 'images'),
	/** Base disks by image id. */
	disks: path.join(root, 'disks'),
	templates: path.join(root, 'templates'),
	/** Kernel, modules and initramfs. */
	guest: path.join(root, 'guest'),
	accelerator: path.join(root, 'accelerator.json'),
	/** SSH key with which the engine enters its machines. */
	key: path.join(root, 'key'),
	/** Sockets and states of the workers: name server, forwarder and rotation of logs. */
	workers: path.join(root, 'workers'),
	machines: path.join(root, 'machines'),
	container(id: string) {
		const directory = path.join(root, 'containers', id);
		return {
			directory,
			record: path.join(directory, 'record.json'),
			disk: path.join(directory, 'disk.qcow2'),
			/** Log entries as they left the guest. */
			log: path.join(directory, 'log'),
			/** What the console of its last machine showed. */
			console: path.join(directory, 'console'),
			/** What only exists while the machine runs: sockets, copies of RAM, shares. */
			machine: path.join(root, 'machines', id.slice(0, 16)),
		};
	},
	network: (id: string) => path.join(root, 'networks', `${id}.json`),
	volume: (name: string) => path.join(root, 'volumes', name),
});

export type Paths = ReturnType<typeof pathsOf>;
