import type {Ulimit} from '../../engine/resources.js';

/** Limits that newer versions of buildah raise for a `RUN` by default, as named in /proc/PID/limits. */
const names: Readonly<Record<string, string>> = {'Max open files': 'nofile', 'Max processes': 'nproc'};

const isInherited = (name: string | undefined, ulimits: readonly Ulimit[]): name is string =>
	name !== undefined && !ulimits.some(ulimit => ulimit.name === name);

const valueOf = (text: string): string => text === 'unlimited' ? '-1' : text;

/**
The flags that make a build keep the limits in the given /proc/PID/limits, but for those that are given.

Raising a limit requires CAP_SYS_RESOURCE, which an engine in a container or a hardened service does not have.
*/
export const limitFlags = (limits: string, ulimits: readonly Ulimit[] = []): readonly string[] => [...limits.split('\n').flatMap(line => {
	const {name = '', soft, hard} = /^(?<name>\S+(?: \S+)*)\s{2,}(?<soft>\d+|unlimited)\s+(?<hard>\d+|unlimited)/v.exec(line)?.groups ?? {};
	return soft !== undefined && hard !== undefined && isInherited(names[name], ulimits) ? ['--ulimit', `${names[name]}=${valueOf(soft)}:${valueOf(hard)}`] : [];
}), ...ulimits.flatMap(({name, soft, hard}) => ['--ulimit', `${name}=${soft}:${hard}`])];
