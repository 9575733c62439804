import {readFile} from 'node:fs/promises';

/** A space, tab, line feed or backslash of a path is written as three octal digits, see proc_pid_mountinfo(5). */
const unescape = (text: string) => text.replaceAll(/\\(?<code>[0-7]{3})/gv, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 8)));

/** Where something is mounted below a directory, the deepest first; the directory itself is not among them. */
export const parseMountsBelow = (mountinfo: string, directory: string): readonly string[] => mountinfo.split('\n')
	.map(line => unescape(line.split(' ')[4] ?? ''))
	.filter(target => target.startsWith(`${directory}/`))
	.toSorted()
	.toReversed();

export const mountsBelow = async (directory: string): Promise<readonly string[]> => parseMountsBelow(await readFile('/proc/self/mountinfo', 'utf8'), directory);
