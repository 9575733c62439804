import type {Command} from './command.js';

type Module = {readonly command: Command};
export type Load = () => Promise<Module>;

/** A command, in a group or at the top level. */
export type Entry = {readonly load: Load; readonly aliases?: readonly string[]};

/** Commands below a word such as `network`. */
export type Group = {readonly summary: string; readonly entries: Readonly<Record<string, Entry>>};

const list = ['list'];

const containerEntries: Readonly<Record<string, Entry>> = {
	run: {load: async () => import('./container/run.js')},
	create: {load: async () => import('./container/create.js')},
	start: {load: async () => import('./container/start.js')},
	stop: {load: async () => import('./container/stop.js')},
	restart: {load: async () => import('./container/restart.js')},
	kill: {load: async () => import('./container/kill.js')},
	rm: {load: async () => import('./container/rm.js'), aliases: ['remove', 'delete']},
	ps: {load: async () => import('./container/ps.js'), aliases: ['ls', 'list']},
	logs: {load: async () => import('./container/logs.js')},
	exec: {load: async () => import('./container/exec.js')},
	attach: {load: async () => import('./container/attach.js')},
	wait: {load: async () => import('./container/wait.js')},
	update: {load: async () => import('./container/update.js')},
	rename: {load: async () => import('./container/rename.js')},
	cp: {load: async () => import('./container/cp.js'), aliases: ['copy']},
	diff: {load: async () => import('./container/diff.js')},
	commit: {load: async () => import('./container/commit.js')},
	export: {load: async () => import('./container/export.js')},
	stats: {load: async () => import('./container/stats.js')},
	top: {load: async () => import('./container/top.js')},
	port: {load: async () => import('./container/port.js')},
	pause: {load: async () => import('./container/pause.js')},
	unpause: {load: async () => import('./container/unpause.js')},
	prune: {load: async () => import('./container/prune.js')},
};

const imageEntries: Readonly<Record<string, Entry>> = {
	pull: {load: async () => import('./image/pull.js')},
	push: {load: async () => import('./image/push.js')},
	build: {load: async () => import('./image/build.js')},
	tag: {load: async () => import('./image/tag.js')},
	save: {load: async () => import('./image/save.js')},
	load: {load: async () => import('./image/load.js')},
};

const history: Entry = {load: async () => import('./image/history.js')};

export const groups: Readonly<Record<string, Group>> = {
	container: {
		summary: 'Manage containers',
		entries: {...containerEntries, inspect: {load: async () => import('./container/inspect.js')}},
	},
	network: {
		summary: 'Manage networks and their DNS records',
		entries: {
			create: {load: async () => import('./network/create.js')},
			ls: {load: async () => import('./network/ls.js'), aliases: list},
			inspect: {load: async () => import('./network/inspect.js')},
			rm: {load: async () => import('./network/rm.js'), aliases: ['remove', 'delete']},
			prune: {load: async () => import('./network/prune.js')},
			connect: {load: async () => import('./network/connect.js')},
			disconnect: {load: async () => import('./network/disconnect.js')},
			dns: {load: async () => import('./network/dns.js')},
		},
	},
	image: {
		summary: 'Manage images',
		entries: {
			ls: {load: async () => import('./image/ls.js'), aliases: list},
			inspect: {load: async () => import('./image/inspect.js')},
			rm: {load: async () => import('./image/rm.js'), aliases: ['remove', 'delete']},
			prune: {load: async () => import('./image/prune.js')},
			...imageEntries,
			history,
		},
	},
	volume: {
		summary: 'Manage volumes',
		entries: {
			create: {load: async () => import('./volume/create.js')},
			ls: {load: async () => import('./volume/ls.js'), aliases: list},
			inspect: {load: async () => import('./volume/inspect.js')},
			rm: {load: async () => import('./volume/rm.js'), aliases: ['remove', 'delete']},
			prune: {load: async () => import('./volume/prune.js')},
		},
	},
	system: {
		summary: 'Manage the engine',
		entries: {
			start: {load: async () => import('./system/start.js')},
			stop: {load: async () => import('./system/stop.js')},
			status: {load: async () => import('./system/status.js')},
			install: {load: async () => import('./system/install.js')},
			uninstall: {load: async () => import('./system/uninstall.js')},
			reset: {load: async () => import('./system/reset.js')},
			logs: {load: async () => import('./system/logs.js')},
			df: {load: async () => import('./system/df.js')},
			prune: {load: async () => import('./system/prune.js')},
			info: {load: async () => import('./system/info.js')},
			events: {load: async () => import('./system/events.js')},
		},
	},
};

/** The top-level commands, under the headings of the help. */
export const sections: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
	Containers: {
		...containerEntries,
		inspect: {load: async () => import('./inspect-any.js')},
	},
	Images: {
		images: {load: async () => import('./image/ls.js')},
		...imageEntries,
		rmi: {load: async () => import('./image/rm.js')},
		history,
		login: {load: async () => import('./registry/login.js')},
		logout: {load: async () => import('./registry/logout.js')},
	},
	Tools: {
		compose: {load: async () => import('./tools/compose.js')},
		completion: {load: async () => import('./tools/completion.js')},
	},
	'This host': {
		setup: {load: async () => import('./system/setup.js')},
		doctor: {load: async () => import('./system/doctor.js')},
		version: {load: async () => import('./system/version.js')},
		info: {load: async () => import('./system/info.js')},
		events: {load: async () => import('./system/events.js')},
	},
};

/** An entry by its name or one of its aliases. */
export const findEntry = (entries: Readonly<Record<string, Entry>>, name: string): Entry | undefined =>
	Object.hasOwn(entries, name) ? entries[name] : Object.values(entries).find(({aliases}) => aliases?.includes(name));
