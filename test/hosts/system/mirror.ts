import {HolmError} from '../../../source/engine/errors.js';
import {run} from '../../../source/host/run.js';

/** A release of Debian that systems are made of. */
export type Suite = 'bookworm' | 'trixie';

/** What comes after the name of a release in the names of its parts, such as `-security`. */
const partOf = (codename: string): string | undefined => /^[a-z]+(?<part>(?:-security|-updates)?)$/v.exec(codename)?.groups?.part;

/**
Lines of a sources.list(5) for a suite, from the mirrors that this host itself uses.

Throws `unavailable` where the host is not a Debian.
*/
export const sourcesOf = async (suite: Suite): Promise<readonly string[]> => {
	const {stdout} = await run('apt-get', ['indextargets', '--format', '$(ORIGIN) $(COMPONENT) $(CODENAME) $(REPO_URI)', 'Created-By: Packages']);
	const lines = stdout.trim().split('\n').flatMap(line => {
		const [origin, component, codename = '', uri = ''] = line.split(' ');
		const part = partOf(codename);
		return origin === 'Debian' && component === 'main' && part !== undefined ? [`deb ${uri} ${suite}${part} main`] : [];
	});
	if (lines.length === 0) {
		throw new HolmError('unavailable', 'this host knows no mirror of Debian', {remedy: 'run the tests of hosts on a Debian whose lists of packages are fetched: apt-get update'});
	}

	return [...new Set(lines)];
};
