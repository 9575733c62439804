import {asHolmError, HolmError} from '../../engine/errors.js';
import {escapeControls} from '../../text/escape.js';
import {collect} from './collect.js';
import {decodeStatus} from './decode/system.js';
import {architectureOf, candidates, readProbe, type Found} from './find-program.js';
import {kernelCommand, kernelIn, rootIn} from './service.js';
import type {Transport} from './transport.js';

/** The result of checking one requirement of a Mac. */
export type Requirement = {
	readonly name: string;
	/** With a `warning` containers run, with limitations. */
	readonly status: 'ok' | 'missing' | 'warning';
	/** What was found, in one line. */
	readonly found: string;
	/** The command that mends it, or what else to do. */
	readonly remedy?: string;
};

/** What a host says of itself, each as its programs print it, in one line. */
export type Facts = Readonly<Partial<Record<FactName, string>>>;

const factNames = ['system', 'machine', 'home', 'user', 'macos', 'silicon', 'session', 'screen', 'keychain', 'path', 'version', 'status'] as const;

type FactName = typeof factNames[number];

/** The keychain is not looked at in a session at the screen, where a locked one would open a dialog. */
const script = `
say() { printf '%s\\t%s\\n' "$1" "$(printf '%s' "$2" | tr '\\n\\t' '  ')"; }
say system "$(uname -s)"
say machine "$(uname -m)"
say home "$HOME"
say user "$(id -u)"
say macos "$(sw_vers -productVersion 2>/dev/null)"
say silicon "$(sysctl -n hw.optional.arm64 2>/dev/null)"
session=$(launchctl managername 2>/dev/null)
say session "$session"
launchctl print "gui/$(id -u)" >/dev/null 2>&1 && say screen yes
if [ "$session" ] && [ "$session" != Aqua ]; then
	security show-keychain-info >/dev/null 2>&1 </dev/null
	say keychain $?
fi
for p in ${candidates}; do
	case $p in
		/*) if [ -x "$p" ]; then
			say path "$p"
			say version "$("$p" system version --format json 2>/dev/null)"
			say status "$("$p" system status --format json 2>/dev/null)"
			break
		fi ;;
	esac
done
`;

const isFactName = (name: string): name is FactName => (factNames as readonly string[]).includes(name);

export const parseFacts = (text: string): Facts => Object.fromEntries(text.split('\n').flatMap(line => {
	const [name = '', ...value] = line.split('\t');
	return isFactName(name) ? [[name, value.join(' ').trim()]] : [];
}));

const shown = (text: string | undefined) => escapeControls((text ?? '').slice(0, 80));

const checkUser = ({system, user}: Facts): Requirement => system === 'Darwin' && user === '0'
	? {name: 'user', status: 'missing', found: 'root, whom Apple\'s service refuses', remedy: 'use holm as the user of the Mac, without sudo'}
	: {name: 'user', status: 'ok', found: `id ${shown(user)}`};

/** Networks of one's own need macOS 26; below 15 Apple's container does not run. */
const versions = {oldest: 15, networks: 26} as const;

const checkSystem = ({system, macos, path}: Facts): Requirement => {
	const name = 'macOS';
	if (system !== 'Darwin') {
		return {name, status: path === undefined ? 'missing' : 'warning', found: `this is ${shown(system) || 'another system'}`, remedy: 'use a Mac'};
	}

	const major = Number.parseInt(macos ?? '', 10);
	if (major >= versions.networks) {
		return {name, status: 'ok', found: shown(macos)};
	}

	return major >= versions.oldest
		? {
			name,
			status: 'warning',
			found: `${shown(macos)}: one network alone, on which containers do not reach each other`,
			remedy: `softwareupdate --list, and update to macOS ${versions.networks}`,
		}
		: {name, status: 'missing', found: shown(macos) || 'its version is not known', remedy: `softwareupdate --list, and update to macOS ${versions.networks}`};
};

const checkProcessor = ({system, machine, silicon}: Facts): Requirement => {
	const name = 'processor';
	if (system !== 'Darwin' || machine === 'arm64') {
		return {name, status: 'ok', found: shown(machine)};
	}

	return silicon === '1'
		? {
			name,
			status: 'missing',
			found: 'Apple silicon, but Holm runs translated by Rosetta',
			remedy: 'install Node for arm64, and use a terminal that is not opened with Rosetta: arch prints arm64 there',
		}
		: {name, status: 'missing', found: shown(machine), remedy: 'use a Mac with Apple silicon'};
};

type Checked = {readonly requirement: Requirement; readonly found?: Found};

const checkProgram = ({system = '', machine = '', home = '', path = '', version = ''}: Facts, where: string): Checked => {
	const name = 'container';
	try {
		const found = readProbe([system, machine, home, path, version].join('\n'), where);
		const {client, server} = found.commits;
		const text = `${shown(found.version)} at ${escapeControls(path)}`;
		return {found, requirement: server === undefined || server === client
			? {name, status: 'ok', found: text}
			: {
				name,
				status: 'warning',
				found: `${text}; its service is of another version`,
				remedy: 'container system stop && container system start',
			}};
	} catch (error) {
		const {message, remedy} = asHolmError(error);
		return {requirement: {name, status: 'missing', found: message, remedy}};
	}
};

const statusOf = ({status = ''}: Facts) => {
	try {
		return decodeStatus(JSON.parse(status));
	} catch {
		return undefined;
	}
};

const checkService = (facts: Facts): Requirement => {
	const name = 'service';
	const status = statusOf(facts);
	if (status === undefined) {
		return {name, status: 'missing', found: 'its status is not known', remedy: 'container system status says why'};
	}

	return status.isRunning
		? {name, status: 'ok', found: 'running'}
		: {name, status: 'missing', found: 'not running', remedy: 'holm setup, or container system start'};
};

/** Over SSH the service starts reliably only for a user who is logged in at the screen, too. */
const checkSession = ({session, screen}: Facts): Requirement => {
	const name = 'session';
	if (session === 'Aqua') {
		return {name, status: 'ok', found: 'at the screen'};
	}

	return screen === 'yes'
		? {name, status: 'ok', found: `${shown(session)}; the user is logged in at the screen, too`}
		: {
			name,
			status: 'warning',
			found: `${shown(session) || 'unknown'}: the user is not logged in at the screen, and the service may not start`,
			remedy: 'log in at the screen of the Mac once, or turn on automatic login',
		};
};

const checkKeychain = ({session, keychain}: Facts): Requirement => {
	const name = 'keychain';
	if (session === 'Aqua' || keychain === '0') {
		return {name, status: 'ok', found: session === 'Aqua' ? 'that of the session' : 'unlocked'};
	}

	return {
		name, status: 'warning', found: 'locked: pull and push fail if there are logins to registries', remedy: 'security unlock-keychain',
	};
};

/** Where the kernel of containers is, by what a host says; undefined without Apple's program. */
export const kernelOf = (facts: Facts, where: string): string | undefined => {
	const {found} = checkProgram(facts, where);
	return found && kernelIn(statusOf(facts)?.root || rootIn(found.home), architectureOf(facts.machine ?? ''));
};

/** What a Mac has of what Apple's container needs. */
export const requirementsOf = (facts: Facts, where: string, isKernelThere: boolean): readonly Requirement[] => {
	const {requirement, found} = checkProgram(facts, where);
	const isMac = facts.system === 'Darwin';
	return [
		checkUser(facts),
		checkSystem(facts),
		checkProcessor(facts),
		requirement,
		...found ? [
			checkService(facts),
			isKernelThere
				? {name: 'kernel', status: 'ok', found: 'installed'} as const
				: {name: 'kernel', status: 'missing', found: 'not installed', remedy: `holm setup, or container ${kernelCommand.join(' ')}`} as const,
		] : [],
		...isMac ? [checkSession(facts), checkKeychain(facts)] : [],
	];
};

/** The service may take ten seconds for an answer, and `version` asks it, too. */
const limitMs = 40_000;

/** Checks what Apple's container needs of a host. A failed check is in the result; throws only if the host cannot be asked. */
export const checkRequirements = async (transport: Transport): Promise<readonly Requirement[]> => {
	const {stdout} = await collect(transport, ['/bin/sh', '-c', script], {limitMs});
	const facts = parseFacts(stdout.toString());
	if (facts.system === undefined) {
		throw new HolmError('unavailable', `the shell of ${transport.name} says nothing of it`, {remedy: 'check that /bin/sh runs there'});
	}

	const kernel = kernelOf(facts, transport.name);
	const isKernelThere = kernel !== undefined && (await collect(transport, ['/bin/sh', '-c', '[ -e "$1" ]', 'sh', kernel])).exitCode === 0;
	return requirementsOf(facts, transport.name, isKernelThere);
};
