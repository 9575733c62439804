import {access, constants} from 'node:fs/promises';
import path from 'node:path';
import {HolmError} from '../../engine/errors.js';
import {programDirectories} from '../environment.js';
import {run, type RunResult} from '../run.js';

/** Whether the host has an optional program. */
export const isInstalled = async (program: string): Promise<boolean> => {
	const candidates = programDirectories.map(directory => path.join(directory, program));
	const found = await Promise.allSettled(candidates.map(async file => access(file, constants.X_OK)));
	return found.some(({status}) => status === 'fulfilled');
};

type InNamespace = {
	/** Path of the network namespace to run in; default the caller's. */
	readonly namespace?: string;
};

export type RunInOptions = InNamespace & {readonly input?: string; readonly accept?: readonly number[]};

/** Runs a program of the host in a network namespace. */
export const runIn = async (
	file: string,
	arguments_: readonly string[],
	{namespace, input, accept}: RunInOptions = {},
): Promise<RunResult> => namespace === undefined
	? run(file, arguments_, {input, accept})
	: run('nsenter', [`--net=${namespace}`, file, ...arguments_], {input, accept});

/**
Runs `ip` commands, given without the word `ip`, in one process. Stops at the first failure.

Throws `internal`, with the command and the kernel's reason.
*/
export const ipBatch = async (commands: readonly string[], {namespace}: InNamespace = {}): Promise<void> => {
	if (commands.length === 0) {
		return;
	}

	const {stderr, exitCode} = await runIn('ip', ['-batch', '-'], {namespace, input: `${commands.join('\n')}\n`, accept: [0, 1, 2, 255]});
	if (exitCode === 0) {
		return;
	}

	const line = Number(/Command failed -:(?<line>\d+)/v.exec(stderr)?.groups?.line ?? NaN);
	const reason = stderr.replace(/Command failed -:\d+/v, '').replace('RTNETLINK answers: ', '').trim();
	throw new HolmError('internal', `ip ${commands[line - 1] ?? '-batch'} failed: ${reason || `exit status ${exitCode}`}`);
};

/** The output of `ip -json`, as far as the engine uses it. */
export type IpLink = {
	readonly ifname: string;
	readonly master?: string;
	readonly linkinfo?: {
		readonly info_kind?: string;
		readonly info_data?: {readonly type?: string; readonly user?: number; readonly group?: number};
	};
	readonly addr_info?: ReadonlyArray<{readonly family: string; readonly local: string; readonly prefixlen: number}>;
};

export type IpRoute = {readonly dst: string; readonly dev?: string; readonly type?: string; readonly table?: string};

export type IpRule = {readonly priority: number; readonly src: string; readonly table?: string};

const ipJson = async (arguments_: readonly string[], inNamespace: InNamespace): Promise<unknown> => {
	const {stdout} = await runIn('ip', ['-N', '-details', '-json', ...arguments_], inNamespace);
	return JSON.parse(stdout.trim() || '[]');
};

/** Every device, without addresses, and the IPv4 routes of every table, in one process. */
export const linksAndRoutes = async (
	{namespace}: InNamespace = {},
): Promise<{readonly links: readonly IpLink[]; readonly routes: readonly IpRoute[]}> => {
	const {stdout} = await runIn('ip', ['-4', '-N', '-details', '-json', '-batch', '-'], {namespace, input: 'link show\nroute show table all\n'});
	// One array a line; every namespace has a device, and may have no route.
	const [links = [], routes = []] = stdout.split('\n').filter(line => line.trim() !== '').map(line => JSON.parse(line) as unknown);
	return {links: links as readonly IpLink[], routes: routes as readonly IpRoute[]};
};

/** Every device with its addresses. */
export const links = async (inNamespace: InNamespace = {}) => await ipJson(['address', 'show'], inNamespace) as readonly IpLink[];

/** The IPv4 routes of every table. */
export const routes = async (inNamespace: InNamespace = {}) => await ipJson(['-4', 'route', 'show', 'table', 'all'], inNamespace) as readonly IpRoute[];

export const rules = async (inNamespace: InNamespace = {}) => await ipJson(['-4', 'rule', 'show'], inNamespace) as readonly IpRule[];

/** Applies an nft script atomically. */
export const nft = async (script: string, {namespace}: InNamespace = {}): Promise<void> => {
	const {stderr, exitCode} = await runIn('nft', ['-f', '-'], {namespace, input: script, accept: [0, 1]});
	if (exitCode !== 0) {
		// The first line has the reason; the others show the position.
		throw new HolmError('internal', `nft refused the rules: ${stderr.split('\n', 1)[0] ?? ''}`);
	}
};

/**
Sets kernel parameters in one process. Parameters that this kernel does not have are skipped.

Throws `internal`, with the parameter and the kernel's reason, if an existing one cannot be set.
*/
export const sysctl = async (parameters: Readonly<Record<string, number>>, {namespace}: InNamespace = {}): Promise<void> => {
	const settings = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
	/** The errors for these settings. With `-e` busybox prints nothing about unknown parameters, but still exits with status 1. */
	const refusal = async (...chosen: readonly string[]): Promise<string> => {
		const {stderr} = await runIn('busybox', ['sysctl', '-e', '-q', '-w', ...chosen], {namespace, accept: [0, 1]});
		return stderr.trim();
	};

	if (await refusal(...settings) === '') {
		return;
	}

	// The message does not name the parameter, so set them one by one.
	for (const setting of settings) {
		const reason = await refusal(setting);
		if (reason !== '') {
			throw new HolmError('internal', `the kernel parameter ${setting} cannot be set: ${reason.replace(/^sysctl: /v, '')}`);
		}
	}
};
