import {HolmError} from '../../engine/errors.js';
import {escapeControls} from '../../text/escape.js';
import {flavourOf, type Flavour} from './pseudo-terminal.js';
import {membersOf, textOf} from './decode/lenient.js';
import {collect} from './collect.js';
import type {Transport} from './transport.js';

/** Apple's program on a host, and what must be known of the host. */
export type Found = {
	/** Absolute. */
	readonly path: string;
	/** Such as `1.2.2`. */
	readonly version: string;
	readonly commits: {readonly client: string; readonly server?: string};
	/** Directory of the user. */
	readonly home: string;
	readonly system: string;
	readonly flavour: Flavour;
	/** `arm64` or `amd64`. */
	readonly architecture: string;
};

export const releases = 'github.com/apple/container/releases';

const oldest = 1;

/** Where the program may be, as words of a shell. */
export const candidates = '"$HOLM_CONTAINER" "$(command -v container)" /usr/local/bin/container /opt/homebrew/bin/container';

/** Says what the host is, which program is the first that it has, and what that prints about its version. */
const probe = `
uname -s
uname -m
printf '%s\\n' "$HOME"
for p in ${candidates}; do
	case $p in
		/*) if [ -x "$p" ]; then printf '%s\\n' "$p"; exec "$p" system version --format json; fi ;;
	esac
done
`;

const architectures: Readonly<Record<string, string>> = {aarch64: 'arm64', x86_64: 'amd64'};

/** The architecture of images, by the processor that `uname` names. */
export const architectureOf = (machine: string): string => architectures[machine] ?? machine;

const isList = (value: unknown): value is ReadonlyArray<Readonly<Record<string, unknown>> | undefined> => Array.isArray(value);

/** The program and its service: in a list, or as members, as the status of 1.4 has them. */
const versionsOf = (text: string): ReadonlyArray<Readonly<Record<string, unknown>> | undefined> => {
	try {
		const parsed = JSON.parse(text) as unknown;
		const {client, server} = membersOf(parsed);
		return isList(parsed) ? parsed : [membersOf(client), membersOf(server)];
	} catch {
		return [];
	}
};

/** The version alone: a sentence may be around it. */
const bareVersion = (text: string): string => /\d{1,9}(?:\.\d{1,9})+/v.exec(text)?.[0] ?? text;

/** Reads what the probe has printed. Throws `unsupported` for a host or a program that is not Apple's, and `unavailable` where there is none. */
export const readProbe = (text: string, where: string): Found => {
	const [system = '', machine = '', home = '', path = '', ...rest] = text.split('\n');
	const version = rest.join('\n');
	if (path === '') {
		throw system === 'Darwin'
			? new HolmError('unavailable', `there is no container program on ${where}`, {remedy: `install it: ${releases}, or name another engine with --host`})
			: new HolmError(
				'unsupported',
				`Apple's container needs macOS, and ${where} has ${escapeControls(system.slice(0, 40)) || 'another system'}`,
				{remedy: 'leave out --host apple for the engine of this host'},
			);
	}

	const [client, server] = versionsOf(version);
	const shown = escapeControls(path.slice(0, 200));
	if (client?.appName !== 'container' || typeof client.version !== 'string') {
		throw new HolmError(
			'unsupported',
			`${shown} on ${where} is not Apple's container, or older than 1.0`,
			{remedy: `install or update it: ${releases}`},
		);
	}

	const bare = bareVersion(client.version);
	if (!(Number.parseInt(bare, 10) >= oldest)) {
		throw new HolmError(
			'unsupported',
			`container ${escapeControls(client.version.slice(0, 40))} on ${where} is too old: Holm needs 1.0 or later`,
			{remedy: `update it: ${releases}`},
		);
	}

	return {
		path,
		version: bare,
		commits: {client: textOf(client.commit), ...typeof server?.commit === 'string' && {server: server.commit}},
		home,
		system,
		flavour: flavourOf(system),
		architecture: architectureOf(machine),
	};
};

/** Finds Apple's program on a host, in one round trip: a session over SSH has not the PATH of a login. */
export const findProgram = async (transport: Transport, limitMs?: number): Promise<Found> => {
	const {stdout} = await collect(transport, ['/bin/sh', '-c', probe], {limitMs});
	return readProbe(stdout.toString(), transport.name);
};
