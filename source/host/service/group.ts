import {userInfo} from 'node:os';
import {findCommand} from '../setup/programs.js';
import {run} from '../run.js';
import {serviceGroup} from './units.js';

export type Group = {readonly gid: number; readonly members: readonly string[]};

/** Parses a line of getent(1). */
export const parseGroup = (line: string): Group | undefined => {
	const [, , gid, members = ''] = line.trim().split(':');
	return gid === undefined || !/^\d+$/v.test(gid) ? undefined : {gid: Number(gid), members: members.split(',').filter(Boolean)};
};

/** Finds a group of the host, in any of its account databases. */
export const findGroup = async (name = serviceGroup): Promise<Group | undefined> => {
	// 2: no such entry.
	const {stdout} = await run('getent', ['group', name], {accept: [0, 2]});
	return parseGroup(stdout);
};

/** Creates the group of the service. `isNew` is false if it existed. */
export const ensureGroup = async (): Promise<{readonly isNew: boolean}> => {
	if (await findGroup()) {
		return {isNew: false};
	}

	await run('groupadd', ['--system', serviceGroup], {remedy: `create the group ${serviceGroup} by hand`});
	return {isNew: true};
};

/** The name of this process's user, or the uid if it has no name. */
export const ownName = (): string => {
	try {
		return userInfo().username;
	} catch {
		return String(process.getuid?.());
	}
};

/** Why a user has no access to the engine, and the remedy in one line. */
export type Refusal = {readonly reason: string; readonly remedy: string};

export type Caller = {
	readonly name: string;
	/** Groups of the process: those that the user had at login. */
	readonly gids: readonly number[];
};

export const accessRefusalOf = (group: Group | undefined, {name, gids}: Caller): Refusal => {
	if (group && gids.includes(group.gid)) {
		return {reason: `${name} is in the group ${serviceGroup}, but the group has no access`, remedy: 'sudo systemctl restart holm.socket'};
	}

	return group?.members.includes(name)
		? {reason: `this login of ${name} is older than the membership in the group ${serviceGroup}`, remedy: `log in again, or run: newgrp ${serviceGroup}`}
		: {reason: `${name} is not in the group ${serviceGroup}`, remedy: `sudo usermod -aG ${serviceGroup} ${name}, then log in again`};
};

/** Removes the group of the service if it has no members. `isGone` is false if it remains. */
export const removeEmptyGroup = async (): Promise<{readonly isGone: boolean}> => {
	const group = await findGroup();
	if (!group) {
		return {isGone: true};
	}

	if (group.members.length > 0 || await findCommand('groupdel') === undefined) {
		return {isGone: false};
	}

	const {exitCode} = await run('groupdel', [serviceGroup], {accept: Array.from({length: 256}, (_, status) => status)});
	return {isGone: exitCode === 0};
};
