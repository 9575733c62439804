import type {Command} from './command.js';

type Module = {readonly command: Command};
export type Load = () => Promise<Module>;

/** A command, in a group or at the top level. */
export type Entry = {readonly summary: string; readonly load: Load; readonly aliases?: readonly string[]};

/** Commands below a word such as `network`. */
export type Group = {readonly summary: string; readonly entries: Readonly<Record<string, Entry>>};

const list = ['list'];

const containerEntries: Readonly<Record<string, Entry>> = {
	run: {summary: 'Create and run a container from an image', load: async () => import('./container/run.js')},
	create: {summary: 'Create a container without starting it', load: async () => import('./container/create.js')},
	start: {summary: 'Start stopped containers', load: async () => import('./container/start.js')},
	stop: {summary: 'Stop running containers', load: async () => import('./container/stop.js')},
	restart: {summary: 'Restart containers', load: async () => import('./container/restart.js')},
	kill: {summary: 'Send a signal to running containers', load: async () => import('./container/kill.js')},
	rm: {summary: 'Remove containers', load: async () => import('./container/rm.js'), aliases: ['remove', 'delete']},
	ps: {summary: 'List containers', load: async () => import('./container/ps.js'), aliases: ['ls', 'list']},
	logs: {summary: 'Print the logs of a container', load: async () => import('./container/logs.js')},
	exec: {summary: 'Run a command in a running container', load: async () => import('./container/exec.js')},
	attach: {summary: 'Attach to the standard streams of a running container', load: async () => import('./container/attach.js')},
	wait: {summary: 'Wait until containers stop, then print their exit codes', load: async () => import('./container/wait.js')},
	update: {summary: 'Update the limits and the restart policy of containers', load: async () => import('./container/update.js')},
	rename: {summary: 'Rename a container', load: async () => import('./container/rename.js')},
	cp: {summary: 'Copy files between a container and this host', load: async () => import('./container/cp.js'), aliases: ['copy']},
	diff: {summary: 'List what a container added (A), changed (C) and deleted (D) on its disk', load: async () => import('./container/diff.js')},
	commit: {summary: 'Create an image from a container', load: async () => import('./container/commit.js')},
	export: {summary: 'Export the file system of a container as a tar archive', load: async () => import('./container/export.js')},
	stats: {summary: 'Show live resource usage of containers', load: async () => import('./container/stats.js')},
	top: {summary: 'List the processes of a container', load: async () => import('./container/top.js')},
	port: {summary: 'List the published ports of a container', load: async () => import('./container/port.js')},
	pause: {summary: 'Pause the processes of containers', load: async () => import('./container/pause.js')},
	unpause: {summary: 'Resume the processes of paused containers', load: async () => import('./container/unpause.js')},
	prune: {summary: 'Remove all stopped containers', load: async () => import('./container/prune.js')},
};

const imageEntries: Readonly<Record<string, Entry>> = {
	pull: {summary: 'Pull an image from its registry', load: async () => import('./image/pull.js')},
	push: {summary: 'Push an image to its registry', load: async () => import('./image/push.js')},
	build: {summary: 'Build an image from a Dockerfile', load: async () => import('./image/build.js')},
	tag: {summary: 'Add a name to an image', load: async () => import('./image/tag.js')},
	save: {summary: 'Save images to a tar archive', load: async () => import('./image/save.js')},
	load: {summary: 'Load images from a tar archive', load: async () => import('./image/load.js')},
	import: {summary: 'Create an image of the files in a tar archive', load: async () => import('./image/import.js')},
};

const history: Entry = {summary: 'Show the history of an image', load: async () => import('./image/history.js')};

export const groups: Readonly<Record<string, Group>> = {
	container: {
		summary: 'Manage containers',
		entries: {...containerEntries, inspect: {summary: 'Show containers in detail', load: async () => import('./container/inspect.js')}},
	},
	network: {
		summary: 'Manage networks and their DNS records',
		entries: {
			create: {summary: 'Create a network', load: async () => import('./network/create.js')},
			ls: {summary: 'List networks', load: async () => import('./network/ls.js'), aliases: list},
			inspect: {summary: 'Show networks in detail', load: async () => import('./network/inspect.js')},
			rm: {summary: 'Remove networks', load: async () => import('./network/rm.js'), aliases: ['remove', 'delete']},
			prune: {summary: 'Remove all unused networks', load: async () => import('./network/prune.js')},
			connect: {summary: 'Connect a container to a network', load: async () => import('./network/connect.js')},
			disconnect: {summary: 'Disconnect a container from a network', load: async () => import('./network/disconnect.js')},
			dns: {summary: 'List the DNS records of a network', load: async () => import('./network/dns.js')},
		},
	},
	image: {
		summary: 'Manage images',
		entries: {
			ls: {summary: 'List images', load: async () => import('./image/ls.js'), aliases: list},
			inspect: {summary: 'Show images in detail', load: async () => import('./image/inspect.js')},
			rm: {summary: 'Remove or untag images', load: async () => import('./image/rm.js'), aliases: ['remove', 'delete']},
			prune: {summary: 'Remove unused images', load: async () => import('./image/prune.js')},
			...imageEntries,
			history,
		},
	},
	volume: {
		summary: 'Manage volumes',
		entries: {
			create: {summary: 'Create a volume', load: async () => import('./volume/create.js')},
			ls: {summary: 'List volumes', load: async () => import('./volume/ls.js'), aliases: list},
			inspect: {summary: 'Show volumes in detail', load: async () => import('./volume/inspect.js')},
			rm: {summary: 'Remove volumes', load: async () => import('./volume/rm.js'), aliases: ['remove', 'delete']},
			prune: {summary: 'Remove unused volumes', load: async () => import('./volume/prune.js')},
		},
	},
	builder: {
		summary: 'Manage the machine that builds images',
		entries: {
			ls: {summary: 'Show the builder', load: async () => import('./builder/ls.js'), aliases: [...list, 'status']},
			start: {summary: 'Start the builder; builds start it by themselves', load: async () => import('./builder/start.js')},
			stop: {summary: 'Stop the builder; its cache stays', load: async () => import('./builder/stop.js')},
			update: {summary: 'Change the size of the builder, and how long it is kept without builds', load: async () => import('./builder/update.js')},
			prune: {summary: 'Remove the cache of builds', load: async () => import('./builder/prune.js')},
			rm: {summary: 'Remove the builder with its cache', load: async () => import('./builder/rm.js'), aliases: ['remove', 'delete']},
			logs: {summary: 'Print the log of the builder', load: async () => import('./builder/logs.js')},
		},
	},
	system: {
		summary: 'Manage the engine',
		entries: {
			start: {summary: 'Start the daemon', load: async () => import('./system/start.js')},
			stop: {summary: 'Stop the daemon; containers keep running', load: async () => import('./system/stop.js')},
			status: {summary: 'Show whether the daemon runs; exit status 3 if not', load: async () => import('./system/status.js')},
			install: {summary: 'Install the engine as a service of this host, for members of the group holm', load: async () => import('./system/install.js')},
			uninstall: {summary: 'Remove the service; containers keep running', load: async () => import('./system/uninstall.js')},
			reset: {summary: 'Stop the engine and remove all its data: containers, volumes, images, service', load: async () => import('./system/reset.js')},
			logs: {summary: 'Print the log of the daemon', load: async () => import('./system/logs.js')},
			df: {summary: 'Show disk usage', load: async () => import('./system/df.js')},
			prune: {summary: 'Remove stopped containers, unused networks and unused images', load: async () => import('./system/prune.js')},
			info: {summary: 'Show information about the engine', load: async () => import('./system/info.js')},
			events: {summary: 'Show events of the engine, live', load: async () => import('./system/events.js')},
		},
	},
};

/** The top-level commands, under the headings of the help. */
export const sections: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
	Containers: {
		...containerEntries,
		inspect: {summary: 'Show containers, images, networks or volumes in detail', load: async () => import('./inspect-any.js')},
	},
	Images: {
		images: {summary: 'List images', load: async () => import('./image/ls.js')},
		...imageEntries,
		rmi: {summary: 'Remove or untag images', load: async () => import('./image/rm.js')},
		history,
		login: {summary: 'Log in to a registry', load: async () => import('./registry/login.js')},
		logout: {summary: 'Log out from a registry', load: async () => import('./registry/logout.js')},
	},
	Tools: {
		compose: {summary: 'Run the installed Docker Compose with this engine; "holm compose help" prints Compose\'s own help', load: async () => import('./tools/compose.js')},
		completion: {summary: 'Print the completion script of a shell: bash, zsh or fish', load: async () => import('./tools/completion.js')},
	},
	'This host': {
		setup: {summary: 'Install and prepare the requirements of this host', load: async () => import('./system/setup.js')},
		doctor: {summary: 'Check the requirements of this host', load: async () => import('./system/doctor.js')},
		version: {summary: 'Show the versions of holm and of the engine', load: async () => import('./system/version.js')},
		info: {summary: 'Show information about the engine', load: async () => import('./system/info.js')},
		events: {summary: 'Show events of the engine, live', load: async () => import('./system/events.js')},
	},
};

/** An entry by its name or one of its aliases. */
export const findEntry = (entries: Readonly<Record<string, Entry>>, name: string): Entry | undefined =>
	Object.hasOwn(entries, name) ? entries[name] : Object.values(entries).find(({aliases}) => aliases?.includes(name));
