import os from 'node:os';
import type {Program} from '../process.js';
import {optionsOf} from './options.js';

const kernel = '6.12.0-holm';

export const uname: Program = async ({command, host, stdout}) => {
	const machine = os.machine();
	const letters = command.slice(1).join('').replaceAll('-', '');
	const fields: ReadonlyArray<readonly [string, string]> = [['s', 'Linux'], ['n', host.hostname], ['r', kernel], ['v', '#1 SMP'], ['m', machine], ['o', 'Linux']];
	const wanted = fields.filter(([letter]) => letters.includes(letter) || letters.includes('a') || (letters === '' && letter === 's'));
	await stdout.write(`${wanted.map(([, text]) => text).join(' ')}\n`);
	return 0;
};

export const id: Program = async ({command, user, stdout}) => {
	const isRoot = user === 'root' || user === '0';
	const number = isRoot ? '0' : (/^\d+$/v.test(user) ? user : '1000');
	const name = isRoot ? 'root' : user;
	if (command.includes('-u') || command.includes('-g')) {
		await stdout.write(`${command.includes('-n') || command.includes('-un') ? name : number}\n`);
	} else {
		await stdout.write(`uid=${number}(${name}) gid=${number}(${name}) groups=${number}(${name})\n`);
	}

	return 0;
};

export const whoami: Program = async ({user, stdout}) => {
	await stdout.write(`${user === '0' ? 'root' : user}\n`);
	return 0;
};

export const date: Program = async ({command, host, stdout}) => {
	const now = new Date(host.now());
	const [, format] = command;
	const iso = now.toISOString();
	const values: Readonly<Record<string, string>> = {
		F: iso.slice(0, 10),
		H: iso.slice(11, 13),
		M: iso.slice(14, 16),
		N: `${iso.slice(20, 23)}000000`,
		S: iso.slice(17, 19),
		T: iso.slice(11, 19),
		Y: iso.slice(0, 4),
		d: iso.slice(8, 10),
		m: iso.slice(5, 7),
		s: String(Math.floor(now.getTime() / 1000)),
	};
	await stdout.write(format?.startsWith('+')
		? `${format.slice(1).replaceAll(/%(?<letter>[FHMNSTYdms])/gv, (_whole, letter: string) => values[letter] ?? '')}\n`
		: `${now.toUTCString().replace(',', '').replace('GMT', 'UTC')}\n`);
	return 0;
};

export const ps: Program = async ({host, stdout}) => {
	const rows = host.processes().map(({pid, user, command}) => `${String(pid).padStart(5)} ${user.padEnd(8)}  0:00 ${command}\n`);
	await stdout.write(`  PID USER     TIME  COMMAND\n${rows.join('')}`);
	return 0;
};

export const kill: Program = async ({command, host, stderr}) => {
	const pids = command.slice(1).filter(word => /^\d+$/v.test(word)).map(Number);
	const given = command.slice(1).find(word => /^-\w/v.test(word))?.slice(1).toUpperCase().replace(/^SIG/v, '') ?? 'TERM';
	const number = /^\d+$/v.test(given) ? Number(given) : (os.constants.signals as Readonly<Record<string, number>>)[`SIG${given}`];
	if (number === undefined || pids.length === 0) {
		await stderr.write('kill: usage: kill [-SIGNAL] PID...\n');
		return 1;
	}

	let status = 0;
	for (const pid of pids) {
		if (host.kill(pid, number)) {
			continue;
		}

		await stderr.write(`kill: can't kill pid ${pid}: No such process\n`);
		status = 1;
	}

	return status;
};

export const which: Program = async invocation => {
	let status = 0;
	for (const name of optionsOf(invocation).operands) {
		try {
			const {path} = invocation.host.findProgram(name, invocation.directory);
			await invocation.stdout.write(`${path}\n`);
		} catch {
			status = 1;
		}
	}

	return status;
};

export const nproc: Program = async ({host, stdout}) => {
	await stdout.write(`${host.cpus}\n`);
	return 0;
};

/** What would fetch packages: there is no network to fetch them from, and a build that asks for some goes on. */
export const packageManager: Program = async ({command, stdout}) => {
	await stdout.write(`${command.join(' ')}: an engine in memory fetches no packages\n`);
	return 0;
};
