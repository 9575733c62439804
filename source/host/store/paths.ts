import path from 'node:path';

/** Default directory of the engine. */
export const defaultRoot = '/var/lib/holm';

/** Socket of the engine's service, in addition to the one in the engine's directory. */
export const serviceSocket = '/run/holm/holm.sock';

/**
All paths that the engine uses, below one directory.

The directory's path must be short, because sockets are below it: the address of a unix socket has at most 107 bytes.
*/
export const pathsOf = (root: string) => ({
	root,
	/** The daemon's socket, mode 0660. */
	socket: path.join(root, 'holm.sock'),
	/** Process id of the daemon, with its start time, which tells it from a later process with the same id. */
	daemonPid: path.join(root, 'daemon.pid'),
	daemonLog: path.join(root, 'daemon.log'),
	/** Locked by the daemon while it runs. */
	daemonLock: path.join(root, 'daemon.lock'),
	/** Boot id of the host when the engine was last open. */
	boot: path.join(root, 'boot'),
	/** Exists while an engine opens only to stop its containers. */
	ending: path.join(root, 'ending'),
	/** Base disks of the builder. */
	builderDisks: path.join(root, 'builder'),
	/** Configuration of the builder. */
	builder: path.join(root, 'builder.json'),
	/** Socket where the builder finds the engine's images. */
	builderSocket: path.join(root, 'builder.sock'),
	/** Id of the engine, generated once. */
	identity: path.join(root, 'identity'),
	containers: path.join(root, 'containers'),
	/** Past events. */
	events: path.join(root, 'events'),
	networks: path.join(root, 'networks'),
	volumes: path.join(root, 'volumes'),
	/** Storage of images, and temporary files of builds. */
	images: path.join(root, 'images'),
	/** Base disks by image id. */
	disks: path.join(root, 'disks'),
	templates: path.join(root, 'templates'),
	/** Kernel, modules and initramfs. */
	guest: path.join(root, 'guest'),
	accelerator: path.join(root, 'accelerator.json'),
	/** SSH key that opens the engine's machines. */
	key: path.join(root, 'key'),
	/** Sockets and state of the workers: name server, forwarder and log keeper. */
	workers: path.join(root, 'workers'),
	machines: path.join(root, 'machines'),
	container(id: string) {
		const directory = path.join(root, 'containers', id);
		return {
			directory,
			record: path.join(directory, 'record.json'),
			disk: path.join(directory, 'disk.qcow2'),
			/** Log entries as the guest wrote them. */
			log: path.join(directory, 'log'),
			/** Console output of its last machine. */
			console: path.join(directory, 'console'),
			/** Files that exist only while the machine runs: sockets, copies of RAM, shares. */
			machine: path.join(root, 'machines', id.slice(0, 16)),
		};
	},
	network: (id: string) => path.join(root, 'networks', `${id}.json`),
	volume: (name: string) => path.join(root, 'volumes', name),
});

export type Paths = ReturnType<typeof pathsOf>;
