import {sh} from '../shell/sh.js';
import type {Invocation, Program} from '../process.js';
import {
	chmod,
	ln,
	ls,
	mkdir,
	rm,
	rmdir,
	stat,
	touch,
} from './files.js';
import {getent, ping} from './network.js';
import {refuse} from './options.js';
import {
	entrypoint,
	flood,
	python,
	service,
} from './services.js';
import {test} from './test.js';
import {
	cat,
	echo,
	printf,
	seq,
	tail,
} from './text.js';

/** A program that prints a text and has no arguments. */
const plain = (textOf: (invocation: Invocation) => string): Program => async invocation => {
	const [name = '', ...words] = invocation.command;
	if (words.length > 0) {
		return refuse(invocation, name);
	}

	await invocation.stdout.write(textOf(invocation));
	return 0;
};

const units: Readonly<Record<string, number>> = {'': 1, s: 1, m: 60, h: 3600, d: 86_400};

/** `sleep NUMBER[smhd]`. */
const sleep: Program = async invocation => {
	const {host, signal, command: [, text = '', ...more]} = invocation;
	const {count, unit = ''} = /^(?<count>\d+(?:\.\d*)?|\.\d+)(?<unit>[dhms]?)$/v.exec(text)?.groups ?? {};
	if (more.length > 0 || count === undefined) {
		return refuse(invocation, 'sleep NUMBER[smhd]');
	}

	await host.sleep(Number(count) * units[unit]! * 1000, signal);
	return 0;
};

const ps = plain(({host}) => {
	const rows = [...host.processes.values()].map(({pid, user, command}) => `${String(pid).padStart(5)} ${user.padEnd(8)}  0:00 ${command.join(' ')}\n`);
	return `  PID USER     TIME  COMMAND\n${rows.join('')}`;
});

/** The built-in programs by path: every image has them. */
export const programs: Readonly<Record<string, Program>> = {
	'/bin/bash': sh,
	'/bin/cat': cat,
	'/bin/chmod': chmod,
	'/bin/echo': echo,
	'/bin/false': async () => 1,
	'/bin/hello': plain(() => '\nHello from Holm!\nThis message shows that your installation appears to be working correctly.\n\n'),
	'/bin/hostname': plain(({host}) => `${host.hostname}\n`),
	'/bin/ln': ln,
	'/bin/ls': ls,
	'/bin/mkdir': mkdir,
	'/bin/ping': ping,
	'/bin/ps': ps,
	'/bin/pwd': plain(({directory}) => `${directory}\n`),
	'/bin/rm': rm,
	'/bin/rmdir': rmdir,
	'/bin/sh': sh,
	'/bin/sleep': sleep,
	'/bin/stat': stat,
	'/bin/touch': touch,
	'/bin/true': async () => 0,
	'/usr/bin/[': test,
	'/usr/bin/env': plain(({environment}) => environment.entries().map(([name, value]) => `${name}=${value}\n`).toArray().join('')),
	'/usr/bin/flood': flood,
	'/usr/bin/getent': getent,
	'/usr/bin/printf': printf,
	'/usr/bin/seq': seq,
	'/usr/bin/tail': tail,
	'/usr/bin/test': test,
	'/usr/local/bin/docker-entrypoint.sh': entrypoint,
	'/usr/local/bin/postgres': service('postgres'),
	'/usr/local/bin/python': python,
	'/usr/local/bin/python3': python,
	'/usr/local/bin/redis-server': service('redis'),
	'/usr/sbin/nginx': service('nginx'),
};
