import path from 'node:path';
import type {Program} from '../process.js';
import {cat} from './cat.js';
import {
	chmod,
	chown,
	cp,
	ln,
	mkdir,
	mv,
	rm,
	rmdir,
	tee,
	touch,
} from './change-files.js';
import {echo} from './echo.js';
import {entrypoint} from './entrypoint.js';
import {flood} from './flood.js';
import {ls, readlink, stat} from './list-files.js';
import {getent, nslookup, ping} from './network.js';
import {printf} from './printf.js';
import {
	nginx,
	postgres,
	python,
	redis,
} from './services.js';
import {sh} from './sh.js';
import {
	date,
	id,
	kill,
	nproc,
	packageManager,
	ps,
	uname,
	which,
	whoami,
} from './system.js';
import {test} from './test.js';
import {
	grep,
	head,
	seq,
	sha256sum,
	sort,
	tail,
	wc,
	yes,
} from './text.js';

/** `env [NAME=VALUE...] [COMMAND...]`. */
const env: Program = async invocation => {
	const words = invocation.command.slice(1).filter(word => word !== '-i');
	const end = words.findIndex(word => !word.includes('='));
	const environment = new Map([...invocation.command.includes('-i') ? [] : invocation.environment, ...(end === -1 ? words : words.slice(0, end)).map(word => {
		const [name = ''] = word.split('=', 1);
		return [name, word.slice(name.length + 1)] as const;
	})]);
	const command = end === -1 ? [] : words.slice(end);
	if (command.length > 0) {
		return invocation.host.findProgram(command[0]!, invocation.directory).run({...invocation, command, environment});
	}

	await invocation.stdout.write(environment.entries().map(([name, value]) => `${name}=${value}\n`).toArray().join(''));
	return 0;
};

const units: Readonly<Record<string, number>> = {s: 1, m: 60, h: 3600, d: 86_400};

const secondsOf = (text: string): number => {
	if (text === 'infinity' || text === 'inf') {
		return Infinity;
	}

	const match = /^(?<count>\d+(?:\.\d*)?|\.\d+)(?<unit>[dhms]?)$/v.exec(text);
	return match ? Number(match.groups!.count) * units[match.groups!.unit || 's']! : NaN;
};

/** `sleep NUMBER[smhd]...`, or for ever with `infinity`. */
const sleep: Program = async ({host, signal, command, stderr}) => {
	const seconds = command.slice(1).map(text => secondsOf(text)).reduce((sum, part) => sum + part, 0);
	if (Number.isNaN(seconds) || command.length < 2) {
		await stderr.write(`sleep: invalid number '${command[1] ?? ''}'\n`);
		return 1;
	}

	await host.sleep(seconds * 1000, signal);
	return 0;
};

const print = (textOf: (words: readonly string[]) => string): Program => async ({command, stdout}) => {
	await stdout.write(textOf(command.slice(1)));
	return 0;
};

export type BuiltIn = {readonly run: Program; /** Default `/bin`. */ readonly directory?: string};

const inUsr = {directory: '/usr/bin'};
const local = {directory: '/usr/local/bin'};

/** The programs that every container has. */
export const programs: Readonly<Record<string, BuiltIn>> = {
	'[': {run: test, ...inUsr},
	apk: {run: packageManager, directory: '/sbin'},
	'apt-get': {run: packageManager, ...inUsr},
	ash: {run: sh},
	basename: {run: print(([name = '', suffix = '']) => `${path.posix.basename(name, suffix)}\n`), ...inUsr},
	bash: {run: sh},
	cat: {run: cat},
	chmod: {run: chmod},
	chown: {run: chown},
	clear: {run: print(() => '\u{1B}[H\u{1B}[J'), ...inUsr},
	cp: {run: cp},
	date: {run: date},
	dirname: {run: print(([name = '']) => `${path.posix.dirname(name)}\n`), ...inUsr},
	'docker-entrypoint.sh': {run: entrypoint, ...local},
	echo: {run: echo},
	env: {run: env, ...inUsr},
	false: {run: async () => 1},
	flood: {run: flood, ...inUsr},
	getent: {run: getent, ...inUsr},
	grep: {run: grep},
	head: {run: head, ...inUsr},
	hello: {run: print(() => '\nHello from Holm!\nThis message shows that your installation appears to be working correctly.\n\n')},
	hostname: {
		async run({host, stdout, command}) {
			await stdout.write(`${command.includes('-i') ? host.address ?? '127.0.0.1' : host.hostname}\n`);
			return 0;
		},
	},
	id: {run: id, ...inUsr},
	kill: {run: kill},
	ln: {run: ln},
	ls: {run: ls},
	mkdir: {run: mkdir},
	mv: {run: mv},
	nginx: {run: nginx, directory: '/usr/sbin'},
	npm: {run: packageManager, ...local},
	nproc: {run: nproc, ...inUsr},
	nslookup: {run: nslookup, ...inUsr},
	ping: {run: ping},
	pip: {run: packageManager, ...local},
	pip3: {run: packageManager, ...local},
	postgres: {run: postgres, ...local},
	printenv: {run: env},
	printf: {run: printf, ...inUsr},
	ps: {run: ps},
	pwd: {
		async run({directory, stdout}) {
			await stdout.write(`${directory}\n`);
			return 0;
		},
	},
	python: {run: python, ...local},
	python3: {run: python, ...local},
	readlink: {run: readlink, ...inUsr},
	'redis-server': {run: redis, ...local},
	rm: {run: rm},
	rmdir: {run: rmdir},
	seq: {run: seq, ...inUsr},
	sh: {run: sh},
	sha256sum: {run: sha256sum, ...inUsr},
	sleep: {run: sleep},
	sort: {run: sort, ...inUsr},
	stat: {run: stat},
	sync: {run: async () => 0},
	tail: {run: tail, ...inUsr},
	tee: {run: tee, ...inUsr},
	test: {run: test, ...inUsr},
	touch: {run: touch},
	true: {run: async () => 0},
	uname: {run: uname},
	wc: {run: wc, ...inUsr},
	which: {run: which, ...inUsr},
	whoami: {run: whoami, ...inUsr},
	yes: {run: yes, ...inUsr},
};
