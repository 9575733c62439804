import {HolmError} from '../../engine/errors.js';
import type {Environment} from '../hosts/which-engine.js';
import type {SshTarget} from '../../wire/ssh-target.js';
import {notSupported, readDirectives, type Directives} from './directives.js';
import {expandFile, expandTokens, localOf, type Remote} from './tokens.js';

/** The ssh settings for one host. */
export type SshConfiguration = {
	readonly hostname: string;
	readonly port: number;
	readonly user: string;
	/** Absolute paths, in the order of use. */
	readonly identityFiles: readonly string[];
	/** Socket of the agent; undefined if there is none. */
	readonly agent?: string;
	/** Only keys of the agent that are in an identity file are used. */
	readonly identitiesOnly: boolean;
	readonly knownHostsFiles: readonly string[];
	/** File for the keys of new hosts; undefined if they are not stored. */
	readonly newHostsFile?: string;
	/** For an unknown host key: refuse it, learn it, or learn it and accept even a changed one. */
	readonly hostKeys: 'strict' | 'accept-new' | 'any';
	/** Name of its key in known_hosts, if not the host's own. */
	readonly hostKeyAlias?: string;
	/** The jump hosts in order, as the user writes them. */
	readonly jumps: readonly string[];
	readonly connectTimeoutMs: number;
	/** 0 for both. */
	readonly family: 0 | 4 | 6;
	readonly bindAddress?: string;
};

const defaultIdentities = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];
const defaultKnownHosts = ['~/.ssh/known_hosts', '~/.ssh/known_hosts2'];
const globalKnownHosts = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
const defaultTimeoutMs = 10_000;

/** Unsupported directives that change how ssh connects, each with its harmless value. Other directives not read here only affect convenience and algorithms. */
const unsupported: Readonly<Record<string, string>> = {canonicalizehostname: 'no', revokedhostkeys: 'none', bindinterface: ''};

const isOn = (value: string | undefined) => value === 'yes' || value === 'true';

const hostKeysOf = (value: string | undefined): SshConfiguration['hostKeys'] => {
	if (value === 'no' || value === 'off') {
		return 'any';
	}

	return value === 'accept-new' ? value : 'strict';
};

const numberOf = (found: Directives, keyword: string, {from, to}: {readonly from: number; readonly to: number}): number | undefined => {
	const {values, where} = found.get(keyword) ?? {};
	if (values === undefined || values[0] === 'none') {
		return undefined;
	}

	const number = /^\d+$/v.test(values[0] ?? '') ? Number(values[0]) : NaN;
	if (!(number >= from && number <= to)) {
		throw new HolmError('invalid', `${where}: ${JSON.stringify(values[0] ?? '')} is not a number from ${from} to ${to}`, {remedy: 'correct the ssh configuration'});
	}

	return number;
};

/** The jump hosts. Of ProxyJump and ProxyCommand the first one applies, as in ssh. */
const jumpsOf = (found: Directives): readonly string[] => {
	const first = [...found].find(([keyword]) => keyword === 'proxyjump' || keyword === 'proxycommand');
	if (first === undefined || first[1].values[0] === 'none') {
		return [];
	}

	const [keyword, {values, where}] = first;
	if (keyword === 'proxycommand') {
		throw notSupported(`ProxyCommand in ${where}`);
	}

	return (values[0] ?? '').split(',').filter(Boolean);
};

/** The socket of `IdentityAgent`, which may name a variable; undefined if there is none. */
const agentOf = (named: string, environment: Environment, expand: (file: string) => string): string | undefined => {
	if (named === 'none') {
		return undefined;
	}

	const variable = named === 'SSH_AUTH_SOCK' ? named : /^\$(?<name>\w+)$/v.exec(named)?.groups?.name;
	return variable === undefined ? expand(named) : environment[variable];
};

const assertSupported = (found: Directives): void => {
	for (const [keyword, harmless] of Object.entries(unsupported)) {
		const {values, where} = found.get(keyword) ?? {};
		if (values !== undefined && values[0] !== harmless) {
			throw notSupported(`${keyword} in ${where}`);
		}
	}
};

/** The user's ssh configuration for a host. Throws `unsupported` for directives that change how ssh connects. */
export const readConfiguration = async (target: SshTarget, environment: Environment, systemFile = '/etc/ssh/ssh_config'): Promise<SshConfiguration> => {
	const local = localOf(environment);
	const {found, identityFiles} = await readDirectives(target, local, systemFile);
	const value = (keyword: string) => found.get(keyword)?.values[0];
	assertSupported(found);

	const named = {original: target.host, hostname: target.host, port: target.port ?? numberOf(found, 'port', {from: 1, to: 65_535}) ?? 22, user: target.user ?? value('user') ?? local.user};
	const remote: Remote = {...named, hostname: expandTokens(value('hostname') ?? target.host, local, named)};
	const expand = (file: string) => expandFile(file, local, remote);
	const files = (keyword: string, otherwise: readonly string[]) => (found.get(keyword)?.values ?? otherwise).filter(file => file !== 'none').map(file => expand(file));

	const agent = agentOf(value('identityagent') ?? 'SSH_AUTH_SOCK', local.environment, expand);
	const timeout = numberOf(found, 'connecttimeout', {from: 0, to: 1_000_000});
	const usersKnownHosts = files('userknownhostsfile', defaultKnownHosts);
	const [hostKeyAlias, bindAddress] = [value('hostkeyalias')?.toLowerCase(), value('bindaddress')];
	return {
		hostname: remote.hostname,
		port: remote.port,
		user: remote.user,
		identityFiles: (identityFiles.length > 0 ? identityFiles : defaultIdentities).filter(file => file !== 'none').map(file => expand(file)),
		...agent && {agent},
		identitiesOnly: isOn(value('identitiesonly')),
		knownHostsFiles: [...usersKnownHosts, ...files('globalknownhostsfile', globalKnownHosts)],
		...usersKnownHosts[0] && {newHostsFile: usersKnownHosts[0]},
		hostKeys: hostKeysOf(value('stricthostkeychecking')),
		...hostKeyAlias && {hostKeyAlias},
		jumps: jumpsOf(found),
		connectTimeoutMs: timeout ? timeout * 1000 : defaultTimeoutMs,
		family: ({inet: 4, inet6: 6} as const)[value('addressfamily') ?? ''] ?? 0,
		...bindAddress && {bindAddress},
	};
};
