import {createHash} from 'node:crypto';
import {
	access,
	mkdir,
	mkdtemp,
	readFile,
	readdir,
	rename,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {findCommand} from '../../source/host/setup/programs.js';
import {run} from '../../source/host/run.js';
import {cacheOf} from '../debian-packages.js';
import {readSources, sourcesOf} from './apt-sources.js';

/** A Debian system in a directory. */
export type Recipe = {
	readonly name: string;
	/** Name of the release, such as `trixie`. */
	readonly suite: string;
	/** In addition to Debian's minimal set. */
	readonly packages: readonly string[];
	/** Metapackage of the kernel, whose files are unpacked without installing it. */
	readonly kernel?: string;
};

/** Raise it when the recipe changes. */
const version = 1;

const directoryOf = (recipe: Recipe): string => {
	const digest = createHash('sha256').update(JSON.stringify([version, recipe])).digest('hex').slice(0, 12);
	return path.join(cacheOf('hosts'), `${recipe.name}-${digest}`);
};

/** Removes directories of systems, but not file systems that are still mounted in them. */
export const removeTrees = async (directories: readonly string[]): Promise<void> => {
	await run('rm', ['-rf', '--one-file-system', '--', ...directories]);
};

/** The directory of an existing system from this recipe; undefined if it has to be made. */
export const findRoot = async (recipe: Recipe): Promise<string | undefined> => {
	const directory = directoryOf(recipe);
	try {
		await access(directory);
		return directory;
	} catch {
		return undefined;
	}
};

/** Unpacks the newest kernel into the system `$1`, whose /lib is a link that tar must keep. */
const kernelHook = (metapackage: string): string => `
set -e
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
cd "$1/tmp"
name=$(apt-cache depends --important ${metapackage} | sed -n 's/.*Depends: \\(linux-image-[0-9][^ ]*\\)$/\\1/p' | head -n 1)
apt-get --option APT::Sandbox::User=root download "$name"
dpkg-deb --fsys-tarfile linux-image-*.deb | tar --extract --keep-directory-symlink --directory "$1"
rm linux-image-*.deb
`;

const hostRelease = async (): Promise<string> => {
	const text = await readFile('/etc/os-release', 'utf8');
	const name = /^VERSION_CODENAME=(?<name>[a-z]+)$/mv.exec(text)?.groups?.name;
	if (name === undefined) {
		throw new Error('/etc/os-release names no release, so no mirror of Debian is known');
	}

	return name;
};

/** Makes the system by mmdebstrap from the mirrors that the host itself uses, in place of older ones of this name. Takes about a minute. */
export const fetchRoot = async (recipe: Recipe): Promise<string> => {
	const {name, suite, packages, kernel} = recipe;
	const target = directoryOf(recipe);
	const cache = path.dirname(target);
	await mkdir(cache, {recursive: true});
	const entries = await readdir(cache);
	await removeTrees(entries.filter(entry => entry.startsWith(`${name}-`) || entry.startsWith(`.${name}-`)).map(entry => path.join(cache, entry)));
	// Not in the system's directory for temporary files, which may be mounted nodev or be too small.
	const scratch = await mkdtemp(path.join(cache, `.${name}-`));
	try {
		const sources = sourcesOf(await readSources(), await hostRelease(), suite);
		if (sources.length === 0) {
			throw new Error('apt\'s sources name no mirror of Debian');
		}

		for (const {name: file, text} of sources) {
			await writeFile(path.join(scratch, file), text);
		}

		const root = path.join(scratch, 'root');
		await run('mmdebstrap', [
			'--mode=root',
			'--variant=minbase',
			`--include=${packages.join(',')}`,
			'--aptopt=APT::Install-Recommends "false"',
			...(kernel === undefined ? [] : [`--customize-hook=${kernelHook(kernel)}`]),
			suite,
			root,
			...sources.map(({name: file}) => path.join(scratch, file)),
		], {signal: AbortSignal.timeout(15 * 60_000)});
		await rename(root, target);
		return target;
	} finally {
		await removeTrees([scratch]);
	}
};

/** Why such a system is missing; undefined if it exists. */
export const rootObstacle = async (recipe: Recipe): Promise<string | undefined> => {
	if (await findRoot(recipe) !== undefined) {
		return undefined;
	}

	return await findCommand('mmdebstrap') === undefined
		? 'needs mmdebstrap'
		: `needs the packages of Debian's ${recipe.suite}, which node dist/test/prepare.js fetches`;
};
