import type {Engine} from '../../../source/engine/engine.js';
import type {ContainerConfiguration, Mount, RestartPolicy} from '../../../source/engine/resources.js';
import {createDockerEngine} from '../../../source/backends/docker/engine.js';
import {containerConfiguration} from '../../dashboard/helpers/configurations.js';
import {must, type CommandResult, type Host} from '../host.js';

/** A host that is a whole system. */
export type WholeHost = Host & {readonly system: NonNullable<Host['system']>};

const socket = '/var/lib/holm/holm.sock';

/** The image of the cases, with one program. */
export const image = 'test/busybox';

/** A machine in an emulated machine is a hundred times slower. */
export const slowMs = 20 * 60_000;

export const isWhole = (host: Host): host is WholeHost => host.system !== undefined;

export const whole = (host: Host): WholeHost => {
	if (!isWhole(host)) {
		throw new Error('this case needs a host that is a whole system');
	}

	return host;
};

/** Runs a shell script on the host. Throws if it fails. */
export const script = async (host: Host, text: string, limitMs?: number): Promise<string> => must(host, ['bash', '-euo', 'pipefail', '-c', text], {limitMs});

/** Forwards the engine's socket, which is faster than running commands inside. The daemon must run. */
export const engineOf = async ({system}: WholeHost, path = socket): Promise<Engine> => createDockerEngine({kind: 'unix', path: await system.forward(path)});

/** Builds an image out of a Dockerfile whose context is the host's busybox, in the builder. */
export const buildImage = async (host: WholeHost, tag: string, dockerfile: string): Promise<void> => {
	await script(host, `
		directory=$(mktemp -d)
		cp /bin/busybox "$directory"
		printf '${dockerfile}' >"$directory/Dockerfile"
		holm build -q -t ${tag} "$directory"
		rm -r "$directory"`, slowMs);
};

/** Starts the daemon and imports the image, if needed. */
export const startedEngine = async (host: WholeHost): Promise<Engine> => {
	await must(host, ['holm', 'setup'], {limitMs: slowMs});
	await must(host, ['holm', 'system', 'start'], {limitMs: slowMs});
	const engine = await engineOf(host);
	const images = await engine.images();
	if (!images.some(({tags}) => tags.some(tag => tag.startsWith(`${image}:`)))) {
		await script(host, `
			directory=$(mktemp -d)
			mkdir "$directory/bin"
			cp /bin/busybox "$directory/bin/busybox"
			/bin/busybox --list | grep -v '^busybox$' | while read -r name; do ln -s busybox "$directory/bin/$name"; done
			tar -C "$directory" -c . | holm import --change 'ENV PATH=/bin' --change 'CMD ["sleep", "100000"]' - ${image}
			rm -r "$directory"`, slowMs);
	}

	return engine;
};

export const always: RestartPolicy = {name: 'always', maximumRetryCount: 0};

export const bindOf = (source: string, target: string, isReadOnly = false): Mount => ({type: 'bind', source, target, readOnly: isReadOnly});

export const volumeOf = (source: string, target: string): Mount => ({type: 'volume', source, target, readOnly: false});

/** Starts a container, removing an earlier one of its name first. */
export const startContainer = async (engine: Engine, name: string, change: Partial<ContainerConfiguration> = {}): Promise<string> => {
	await engine.removeContainer(name, {force: true}).catch(() => undefined);
	const {id} = await engine.createContainer({...containerConfiguration({image, ...change}), name});
	await engine.startContainer(id);
	return id;
};

/** Runs a shell script in a container. */
export const inside = async (engine: Engine, name: string, text: string): Promise<CommandResult> => {
	const id = await engine.createExec(name, {
		command: ['sh', '-c', text], terminal: false, stdin: false, environment: [], privileged: false,
	});
	const session = await engine.startExec(id);
	const read = async (stream: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(stream)).toString();
	const [stdout, stderr] = await Promise.all([read(session.stdout), read(session.stderr)]);
	const {exitCode = -1} = await engine.exec(id);
	return {stdout, stderr, exitCode};
};

/** The output of a script in a container. Throws if it fails. */
export const mustInside = async (engine: Engine, name: string, text: string): Promise<string> => {
	const {stdout, stderr, exitCode} = await inside(engine, name, text);
	if (exitCode !== 0) {
		throw new Error(`in ${name}: ${text}: exit status ${exitCode}: ${`${stderr}${stdout}`.trim()}`);
	}

	return stdout.trim();
};

export const equals = (found: unknown, expected: unknown, what: string): void => {
	if (found !== expected) {
		throw new Error(`${what}: ${JSON.stringify(found)} where ${JSON.stringify(expected)} was expected`);
	}
};

/** Waits until a container runs. Polls, because the event may be past. */
export const awaitRunning = async (engine: Engine, name: string, limitMs = slowMs): Promise<void> => {
	if ((await engine.container(name)).status.state === 'running') {
		return;
	}

	const signal = AbortSignal.timeout(limitMs);
	try {
		for await (const _ of engine.events({since: 1, filters: {container: [name], event: ['start']}, signal})) {
			const {status} = await engine.container(name);
			if (status.state === 'running') {
				return;
			}
		}
	} catch (error) {
		if (!signal.aborted) {
			throw error;
		}
	}

	throw new Error(`${name} did not run within ${limitMs / 1000} s`);
};
