import {stat} from 'node:fs/promises';
import {hasProgram} from '../../backends/apple/has-program.js';
import {listContexts} from '../../backends/hosts/contexts.js';
import {dockerDirectory, type Environment} from '../../backends/hosts/which-engine.js';

/** An engine that the dashboard can show. */
export type EngineTarget = {
	/** Short name for the header. */
	readonly title: string;
	/** Value for `--host`. */
	readonly host: string;
};

/** Value of `host` for this host's own engine. */
export const ownHost = 'own';

/** Value of `host` for the engine of `holm --demo`, which has no address. */
export const demoHost = 'demo';

/** The target for a value of `--host`, with a title. */
export const targetOf = (host: string, root?: string): EngineTarget => {
	if (host === ownHost) {
		return {host, title: root === undefined ? 'this host' : `this host, ${root}`};
	}

	return {host, title: host.replace(/^context:\/\//v, 'context ').replace(/^unix:\/\//v, '')};
};

type Options = {
	/** The engine that the dashboard was opened with. */
	readonly first: EngineTarget;
	readonly root?: string;
	/** Addresses by name, from the configuration. */
	readonly hosts: Readonly<Record<string, string>>;
	readonly environment: Environment;
	readonly isSocket?: (file: string) => Promise<boolean>;
	readonly hasApple?: (environment: Environment) => Promise<boolean>;
};

const isSocketThere = async (file: string): Promise<boolean> => {
	try {
		return (await stat(file)).isSocket();
	} catch {
		return false;
	}
};

/** The sockets of Docker and Podman, rootful and rootless. */
const socketsOf = ({XDG_RUNTIME_DIR}: Environment): readonly string[] => [
	'/var/run/docker.sock',
	'/run/podman/podman.sock',
	...(XDG_RUNTIME_DIR ? [`${XDG_RUNTIME_DIR}/docker.sock`, `${XDG_RUNTIME_DIR}/podman/podman.sock`] : []),
];

/** The engines known without connecting to any: the first one, this host's own, those of the configuration, Docker's contexts, existing sockets, and Apple's `container` where it is. */
export const knownEngines = async (options: Options): Promise<readonly EngineTarget[]> => {
	const {first, root, hosts, environment, isSocket = isSocketThere, hasApple = hasProgram} = options;
	const sockets = await Promise.all(socketsOf(environment).map(async file => await isSocket(file) ? [targetOf(`unix://${file}`)] : []));
	const all: readonly EngineTarget[] = [
		first,
		targetOf(ownHost, root),
		...Object.entries(hosts).map(([title, host]) => ({title, host})),
		...(environment.DOCKER_HOST ? [targetOf('docker')] : []),
		...(await listContexts(dockerDirectory(environment))).map(name => targetOf(`context://${name}`)),
		...sockets.flat(),
		...(await hasApple(environment) ? [targetOf('apple')] : []),
	];
	return all.filter(({host}, index) => all.findIndex(other => other.host === host) === index);
};
