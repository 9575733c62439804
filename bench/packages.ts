import {hostDistribution, type Distribution} from '../source/host/setup/distributions.js';
import {findCommand, firstExecutable} from '../source/host/setup/programs.js';
import {installMissing} from '../source/host/setup/setup.js';
import {fetchDaemon, findDaemon} from '../test/docker/daemon.js';
import {Missing} from './measurement.js';

type BenchProgram = {
	/** In Debian and its family; default its name, as elsewhere. */
	readonly debianPackage?: string;
	/** Where it is if not on PATH. */
	readonly elsewhere?: readonly string[];
};

/** Programs that measure, and those that Holm is measured beside. Docker is fetched without installing it, as for the tests. */
const programs = {
	dnsperf: {},
	iperf3: {},
	dnsmasq: {debianPackage: 'dnsmasq-base'},
	'aardvark-dns': {elsewhere: ['/usr/lib/podman/aardvark-dns', '/usr/libexec/podman/aardvark-dns']},
	btop: {},
	lnav: {},
	curl: {},
	python3: {},
} as const satisfies Readonly<Record<string, BenchProgram>>;

export type ProgramName = keyof typeof programs;

const find = async (name: ProgramName): Promise<string | undefined> => {
	const {elsewhere = []}: BenchProgram = programs[name];
	return await findCommand(name) ?? firstExecutable(elsewhere);
};

const packageOf = (name: ProgramName, distribution: Distribution | undefined): string => {
	const {debianPackage = name}: BenchProgram = programs[name];
	return distribution?.install[0] === 'apt-get' ? debianPackage : name;
};

/** The path of a program. Throws `Missing` with the package that has it. */
export const need = async (name: ProgramName): Promise<string> => {
	const file = await find(name);
	if (file === undefined) {
		throw new Missing(`${name} is not installed (package ${packageOf(name, await hostDistribution())}; --setup installs it)`);
	}

	return file;
};

/** Installs what is missing. */
export const installPrograms = async (say: (line: string) => void): Promise<void> => {
	const distribution = await hostDistribution();
	const names = Object.keys(programs) as ProgramName[];
	const found = await Promise.all(names.map(async name => find(name)));
	await installMissing(names.filter((_, index) => found[index] === undefined).map(name => ({
		name, status: 'missing', found: 'not installed', packages: [packageOf(name, distribution)],
	})), ({step, detail}) => {
		say(`${step}: ${detail}`);
	});
	if (await findDaemon() === undefined) {
		say('fetch: Docker');
		await fetchDaemon();
	}

	say('Nothing is missing.');
};
