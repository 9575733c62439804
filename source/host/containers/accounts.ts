import {HolmError} from '../../engine/errors.js';

/** Contents of `/etc/passwd` and `/etc/group` in a root file system. */
export type Accounts = {readonly passwd: string; readonly group: string};

export type User = {
	readonly uid: number;
	readonly gid: number;
	readonly additionalGids: readonly number[];
};

const largestId = 2 ** 32 - 2;

const idOf = (text: string): number | undefined => {
	const id = /^\d{1,10}$/v.test(text) ? Number(text) : NaN;
	return id <= largestId ? id : undefined;
};

/** The lines of passwd(5) or group(5) that have a name and numbers. Other lines are skipped. */
const rowsOf = (text: string) => text.split('\n').map(line => line.split(':')).filter(fields => fields.length >= 4 && fields[0] !== '');

/**
Resolves `user`, `uid`, `user:group` or `uid:gid` to numbers; the empty string is root. A number needs no account, as in Docker.

The additional groups include the primary group, as in Docker since 20.10.18. Otherwise a process could drop the group and evade permissions that are denied to it.

Throws `invalid` for a name that the root file system does not have.
*/
export const resolveUser = (wanted: string, {passwd, group}: Accounts): User => {
	const [userText = '', groupText] = wanted === '' ? ['0'] : wanted.split(':', 2);
	const users = rowsOf(passwd);
	const groups = rowsOf(group);
	const account = users.find(([name]) => name === userText) ?? users.find(([, , uid]) => uid === userText);
	const uid = idOf(account?.[2] ?? '') ?? idOf(userText);
	if (uid === undefined) {
		throw new HolmError('invalid', `unable to find user ${JSON.stringify(userText.slice(0, 64))}: no matching entries in passwd file`, {remedy: 'give a number, or a name that the image has'});
	}

	if (groupText !== undefined) {
		const gid = idOf(groups.find(([name]) => name === groupText)?.[2] ?? '') ?? idOf(groupText);
		if (gid === undefined) {
			throw new HolmError('invalid', `unable to find group ${JSON.stringify(groupText.slice(0, 64))}: no matching entries in group file`, {remedy: 'give a number, or a name that the image has'});
		}

		return {uid, gid, additionalGids: [gid]};
	}

	const name = account?.[0];
	const gid = idOf(account?.[3] ?? '') ?? 0;
	const additionalGids = groups
		.filter(([, , , members = '']) => name !== undefined && members.split(',').includes(name))
		.flatMap(([, , id = '']) => idOf(id) ?? []);
	return {uid, gid, additionalGids: [...new Set([gid, ...additionalGids])]};
};

/** Variables for a process whose user has no account: the runtime finds no home directory for it, and Docker's is `/`. */
export const homeWithoutAccount = ({uid}: Pick<User, 'uid'>, {passwd}: Accounts, environment: readonly string[]): readonly string[] =>
	environment.some(variable => variable.startsWith('HOME=')) || rowsOf(passwd).some(([, , id]) => idOf(id ?? '') === uid) ? [] : ['HOME=/'];

/**
A user with further groups, by name or number.

Throws `invalid` for a name that the root file system does not have.
*/
export const withGroups = (user: User, {group}: Accounts, wanted: readonly string[] = []): User => {
	const rows = rowsOf(group);
	const gids = wanted.map(name => {
		const gid = idOf(rows.find(([known]) => known === name)?.[2] ?? '') ?? idOf(name);
		if (gid === undefined) {
			throw new HolmError('invalid', `Unable to find group ${JSON.stringify(name.slice(0, 64))}: no matching entries in group file`, {remedy: 'give a number, or a name that the image has'});
		}

		return gid;
	});
	return {...user, additionalGids: [...new Set([...user.additionalGids, ...gids])]};
};

/** The home directory of a user: that of the first account with the uid, else `/`, as in other runtimes. */
export const homeOf = ({uid}: Pick<User, 'uid'>, {passwd}: Accounts): string =>
	rowsOf(passwd).find(([, , id]) => idOf(id ?? '') === uid)?.[5] || '/';
