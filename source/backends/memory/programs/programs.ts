import os from 'node:os';
import {sh} from '../shell/sh.js';
import type {Program} from '../process.js';
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
import {
	curl,
	getent,
	nslookup,
	ping,
	wget,
} from './network.js';
import {
	entrypoint,
	flood,
	nginx,
	postgres,
	python,
	redis,
} from './services.js';
import {test} from './test.js';
import {
	cat,
	echo,
	printf,
	seq,
	tail,
} from './text.js';

const print = (textOf: (invocation: Parameters<Program>[0]) => string): Program => async invocation => {
	await invocation.stdout.write(textOf(invocation));
	return 0;
};

/** Programs without arguments; with any, they refuse. */
const plain = (textOf: (invocation: Parameters<Program>[0]) => string): Program => async invocation => {
	const {command: [name, ...words], stderr} = invocation;
	if (words.length > 0) {
		await stderr.write(`${name}: "${name} ${words.join(' ')}" is not in the demo\n`);
		return 2;
	}

	return print(textOf)(invocation);
};

const units: Readonly<Record<string, number>> = {'': 1, s: 1, m: 60, h: 3600, d: 86_400};

/** `sleep NUMBER[smhd]`, or for ever with `infinity`. */
const sleep: Program = async ({host, signal, command: [, text = '', ...more], stderr}) => {
	const {count, unit = ''} = /^(?<count>\d+(?:\.\d*)?|\.\d+)(?<unit>[dhms]?)$/v.exec(text)?.groups ?? {};
	if (more.length > 0 || (count === undefined && text !== 'infinity')) {
		await stderr.write(`sleep: invalid number '${[text, ...more].join(' ')}'\n`);
		return 1;
	}

	await host.sleep(count === undefined ? Infinity : Number(count) * units[unit]! * 1000, signal);
	return 0;
};

/** `kill [-SIGNAL] PID...`. */
const kill: Program = async ({command: [, ...words], host, stderr}) => {
	const name = /^-[a-z\d]/iv.test(words[0] ?? '') ? words.shift()!.slice(1).toUpperCase().replace(/^SIG/v, '') : 'TERM';
	const number = /^\d+$/v.test(name) ? Number(name) : (os.constants.signals as Readonly<Record<string, number>>)[`SIG${name}`];
	if (number === undefined || words.length === 0 || words.some(word => !/^\d+$/v.test(word))) {
		await stderr.write('kill: only "kill [-SIGNAL] PID..." is in the demo\n');
		return 1;
	}

	const missing = words.filter(pid => !host.kill(Number(pid), number));
	await stderr.write(missing.map(pid => `kill: can't kill pid ${pid}: No such process\n`).join(''));
	return missing.length > 0 ? 1 : 0;
};

const uname: Program = async ({command: [, option = '-s', ...more], host, stdout, stderr}) => {
	const fields: Readonly<Record<string, string>> = {
		s: 'Linux', n: host.hostname, r: '6.12.0-holm', v: '#1 SMP', m: os.machine(),
	};
	const letters = option === '-a' ? Object.keys(fields) : [...option.slice(1)];
	if (more.length > 0 || !option.startsWith('-') || letters.some(letter => fields[letter] === undefined)) {
		await stderr.write('uname: only "uname [-asnrvm]" is in the demo\n');
		return 1;
	}

	await stdout.write(`${Object.keys(fields).filter(letter => letters.includes(letter)).map(letter => fields[letter]).join(' ')}\n`);
	return 0;
};

const isRoot = (user: string) => user === 'root' || user === '0';

const id = plain(({user}) => {
	const number = isRoot(user) ? '0' : (/^\d+$/v.test(user) ? user : '1000');
	const name = isRoot(user) ? 'root' : user;
	return `uid=${number}(${name}) gid=${number}(${name}) groups=${number}(${name})\n`;
});

const ps = print(({host}) => {
	const rows = host.processes().map(({pid, user, command}) => `${String(pid).padStart(5)} ${user.padEnd(8)}  0:00 ${command}\n`);
	return `  PID USER     TIME  COMMAND\n${rows.join('')}`;
});

/** The built-in programs by path: every image has them. */
export const programs: Readonly<Record<string, Program>> = {
	'/bin/ash': sh,
	'/bin/bash': sh,
	'/bin/cat': cat,
	'/bin/chmod': chmod,
	'/bin/clear': plain(() => '\u{1B}[H\u{1B}[J'),
	'/bin/echo': echo,
	'/bin/false': async () => 1,
	'/bin/hello': print(() => '\nHello from Holm!\nThis message shows that your installation appears to be working correctly.\n\n'),
	'/bin/hostname': plain(({host}) => `${host.hostname}\n`),
	'/bin/kill': kill,
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
	'/bin/uname': uname,
	'/usr/bin/[': test,
	'/usr/bin/curl': curl,
	'/usr/bin/env': plain(({environment}) => environment.entries().map(([name, value]) => `${name}=${value}\n`).toArray().join('')),
	'/usr/bin/flood': flood,
	'/usr/bin/getent': getent,
	'/usr/bin/id': id,
	'/usr/bin/nslookup': nslookup,
	'/usr/bin/printf': printf,
	'/usr/bin/seq': seq,
	'/usr/bin/tail': tail,
	'/usr/bin/test': test,
	'/usr/bin/wget': wget,
	'/usr/bin/whoami': plain(({user}) => `${isRoot(user) ? 'root' : user}\n`),
	'/usr/local/bin/docker-entrypoint.sh': entrypoint,
	'/usr/local/bin/postgres': postgres,
	'/usr/local/bin/python': python,
	'/usr/local/bin/python3': python,
	'/usr/local/bin/redis-server': redis,
	'/usr/sbin/nginx': nginx,
};
