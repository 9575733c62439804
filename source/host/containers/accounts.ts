import {HolmError} from '../../engine/errors.js';

/** Text of a root file system's `/etc/passwd` and `/etc/group`. */
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

/** The lines of passwd(5) or group(5) that have a name and numbers; whatever else an image wrote there is passed over. */
const rowsOf = (text: string) => text.split('\n').map(line => line.split(':')).filter(fields => fields.length >= 4 && fields[0] !== '');

/**
The numbers of `user`, `uid`, `user:group` or `uid:gid`; root for the empty string. A number needs no account, as in Docker.

The group is among the additional ones, as in Docker since 20.10.18: a process without it there could shed the group, and with it what the group is denied.

Throws `invalid` for a name that the root file system does not know.
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

/** The home directory of a user: that of the first account with its number, else `/`, as runtimes have it. */
export const homeOf = ({uid}: Pick<User, 'uid'>, {passwd}: Accounts): string =>
	rowsOf(passwd).find(([, , id]) => idOf(id ?? '') === uid)?.[5] || '/';
