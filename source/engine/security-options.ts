/** Protections of the host that a VM does without, so that switching them off changes nothing. */
const absent = new Set(['apparmor=unconfined', 'label=disable']);

export type Security = {
	readonly noNewPrivileges: boolean;
	/** A seccomp profile in Docker's format, as JSON; undefined for no filter. */
	readonly seccomp?: string;
};

/** Docker also accepts a colon as the separator. */
const normalise = (option: string) => option.replace(/^(?<name>[a-z\-]+):/v, '$<name>=');

/** Whether a VM can honour one of Docker's security options. Profiles are checked elsewhere. */
export const isPossibleSecurityOption = (option: string): boolean => {
	const given = normalise(option);
	return absent.has(given)
		|| /^no-new-privileges(?:=(?:true|false))?$/v.test(given)
		|| given === 'seccomp=unconfined'
		|| /^seccomp=\s*\{/v.test(given);
};

/** What security options ask for; those that are not possible are left out. */
export const securityOf = (options: readonly string[] = []): Security => {
	const given = options.map(option => normalise(option));
	const profile = given.findLast(option => option.startsWith('seccomp='))?.slice('seccomp='.length);
	return {
		noNewPrivileges: given.findLast(option => option.startsWith('no-new-privileges'))?.endsWith('=false') === false,
		...profile !== undefined && profile !== 'unconfined' && {seccomp: profile},
	};
};
