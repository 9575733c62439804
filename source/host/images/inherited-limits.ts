/** Limits that newer versions of buildah raise for a `RUN` by default, as named in /proc/PID/limits. */
const names: Readonly<Record<string, string>> = {'Max open files': 'nofile', 'Max processes': 'nproc'};

const valueOf = (text: string): string => text === 'unlimited' ? '-1' : text;

/**
The flags that make a build keep the limits in the given /proc/PID/limits.

Raising a limit requires CAP_SYS_RESOURCE, which an engine in a container or a hardened service does not have.
*/
export const limitFlags = (limits: string): readonly string[] => limits.split('\n').flatMap(line => {
	const {name = '', soft, hard} = /^(?<name>\S+(?: \S+)*)\s{2,}(?<soft>\d+|unlimited)\s+(?<hard>\d+|unlimited)/v.exec(line)?.groups ?? {};
	return soft !== undefined && hard !== undefined && names[name] !== undefined ? ['--ulimit', `${names[name]}=${valueOf(soft)}:${valueOf(hard)}`] : [];
});
