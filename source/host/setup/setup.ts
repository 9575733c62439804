import {readdir} from 'node:fs/promises';
import {HolmError} from '../../engine/errors.js';
import type {SetupStep} from '../kernel/guest-kernel.js';
import {run} from '../run.js';
import {packageEnvironment} from './debian-packages.js';
import {hostDistribution, type Command, type Distribution} from './distributions.js';
import type {Check} from './check.js';

const execute = async ([file, ...arguments_]: Command, onLine?: (line: string) => void) =>
	run(file, arguments_, {environment: packageEnvironment, onLine});

/** Lines of package managers about one package, such as `Unpacking crun (1.8.1-1) ...`, `Get:3 http://… crun amd64 1.8.1-1 [300 kB]`, `  Installing       : crun-1.8-1.fc40   4/20` and `installing crun...`. */
const workOnPackage = /^\s*(?:get:\d+|selecting|unpacking|setting up|downloading|installing|upgrading|\(\d+\/\d+\)) .*/iv;

const isKnown = async ({query}: Distribution, name: string): Promise<boolean> => {
	const [file, ...arguments_] = query;
	const {exitCode, stdout} = await run(file, [...arguments_, name], {environment: packageEnvironment, accept: [0, 1, 100]});
	return exitCode === 0 && stdout.trim() !== '';
};

const unknownOf = async (distribution: Distribution, packages: readonly string[]): Promise<readonly string[]> => {
	const asked = await Promise.all(packages.map(async name => ({name, known: await isKnown(distribution, name)})));
	return asked.filter(({known}) => !known).map(({name}) => name);
};

const hasLists = async ({lists}: Distribution): Promise<boolean> => {
	try {
		const entries = await readdir(lists);
		// The lock and the directory of half-loaded lists are always there.
		return entries.some(entry => entry !== 'lock' && entry !== 'partial' && entry !== 'auxfiles');
	} catch {
		return false;
	}
};

/** The packages that fix the missing requirements, without duplicates. */
export const missingPackages = (checks: readonly Check[]): readonly string[] =>
	[...new Set(checks.filter(({status}) => status === 'missing').flatMap(({packages}) => packages ?? []))];

/**
Installs the missing packages, and reports each one. Requirements that only the user can fix (root, a kernel feature) are skipped.

Throws `forbidden` without root, `unsupported` on an unknown distribution, `unavailable` with packages that the lists do not have, and `internal` with the package manager's reason.
*/
export const installMissing = async (checks: readonly Check[], onProgress: (step: SetupStep) => void = () => undefined): Promise<void> => {
	const packages = missingPackages(checks);
	if (packages.length === 0) {
		return;
	}

	if (process.getuid?.() !== 0) {
		throw new HolmError('forbidden', `installing ${packages.join(' ')} needs root`, {remedy: 'run: sudo holm setup'});
	}

	const distribution = await hostDistribution();
	if (!distribution) {
		throw new HolmError('unsupported', 'the package manager of this distribution is unknown', {remedy: `install ${packages.join(', ')} by hand`});
	}

	const unlisted = await hasLists(distribution) ? await unknownOf(distribution, packages) : packages;
	if (unlisted.length > 0) {
		onProgress({step: 'refresh', detail: 'lists of packages'});
		await execute(distribution.refresh);
		const unknown = await unknownOf(distribution, packages);
		if (unknown.length > 0) {
			throw new HolmError('unavailable', `this distribution has no package ${unknown.join(', ')}`, {remedy: 'enable the repository that has it, or install the program by hand'});
		}
	}

	for (const name of packages) {
		onProgress({step: 'install', detail: name});
	}

	await execute([...distribution.install, ...packages], line => {
		if (workOnPackage.test(line)) {
			onProgress({step: 'install', detail: line.trim()});
		}
	});
};
