import {homedir} from 'node:os';
import {HolmError} from '../../engine/errors.js';
import type {EngineAddress} from '../../wire/addresses.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The chosen engine, before any file is read. */
export type Choice =
	/** This host's own. */
	| {readonly kind: 'own'}
	/** An address; `certificates` is the directory of ca.pem, cert.pem and key.pem for tcp://, and `isDocker` marks an address from Docker's settings. */
	| {readonly kind: 'address'; readonly address: string; readonly certificates?: string; readonly isDocker?: boolean}
	/** Apple's `container`: of this host, or of another one over SSH. */
	| {readonly kind: 'apple'; readonly target?: string}
	/** A Docker context; without a name, the current one of Docker's configuration. */
	| {readonly kind: 'context'; readonly name?: string};

/** An address from Docker's configuration. Over SSH it means Docker's engine, even if Holm runs there, too. */
export const asDockers = (address: EngineAddress): EngineAddress => address.kind === 'ssh' ? {...address, isDocker: true} : address;

/** Docker's default socket. */
export const dockerSocket = 'unix:///var/run/docker.sock';

const homeOf = (environment: Environment): string => environment.HOME || homedir();

/** A user's Docker directory: configuration, contexts and certificates. */
export const dockerDirectory = (environment: Environment): string => environment.DOCKER_CONFIG || `${homeOf(environment)}/.docker`;

/** The engine of Docker's default context; source: docker/cli, cli/flags/options.go. */
const defaultDocker = (environment: Environment): Choice => {
	if (environment.DOCKER_TLS && !environment.DOCKER_TLS_VERIFY) {
		throw new HolmError(
			'unsupported',
			'DOCKER_TLS asks for TLS that verifies nothing',
			{remedy: 'set DOCKER_TLS_VERIFY=1 too, and DOCKER_CERT_PATH'},
		);
	}

	return {
		kind: 'address',
		address: environment.DOCKER_HOST || dockerSocket,
		isDocker: true,
		...environment.DOCKER_TLS_VERIFY && {certificates: environment.DOCKER_CERT_PATH || dockerDirectory(environment)},
	};
};

const docker = (environment: Environment): Choice => {
	if (environment.DOCKER_HOST) {
		return defaultDocker(environment);
	}

	const name = environment.DOCKER_CONTEXT;
	return name ? contextNamed(name, environment) : {kind: 'context'};
};

/** Source: docker/cli, cli/context/store/store.go. */
export const isContextName = (name: string): boolean => /^[a-z\d][\w.+\-]+$/iv.test(name);

/** The context of a name; `default` has no files. Throws `invalid` for a malformed name. */
export const contextNamed = (name: string, environment: Environment): Choice => {
	if (!isContextName(name)) {
		throw new HolmError(
			'invalid',
			`${JSON.stringify(name.slice(0, 200))} is not the name of a Docker context`,
			{remedy: 'docker context ls lists them'},
		);
	}

	return name === 'default' ? defaultDocker(environment) : {kind: 'context', name};
};

/**
The chosen engine: `--host`, else HOLM_HOST, else this host's own, which `own` names, too: on a Mac that is Apple's.

Docker's environment and configuration only apply to `docker` and to contexts: a DOCKER_HOST set for another program must not direct a removal to another host.
*/
export const whichEngine = (host: string | undefined, environment: Environment, platform: NodeJS.Platform = process.platform): Choice => {
	const wanted = host ?? environment.HOLM_HOST;
	if (wanted === undefined || wanted === 'own' || (wanted === '' && host === undefined)) {
		return {kind: platform === 'darwin' ? 'apple' : 'own'};
	}

	if (wanted === 'docker') {
		return docker(environment);
	}

	if (wanted === 'apple' || wanted.startsWith('apple://')) {
		return {kind: 'apple', ...wanted !== 'apple' && {target: wanted.slice('apple://'.length)}};
	}

	const scheme = 'context://';
	if (wanted.startsWith(scheme)) {
		return contextNamed(wanted.slice(scheme.length), environment);
	}

	return {kind: 'address', address: wanted, ...environment.HOLM_CERT_PATH && {certificates: environment.HOLM_CERT_PATH}};
};

/** Whether Apple's `container` of this host is chosen. */
export const isAppleHere = (choice: Choice): boolean => choice.kind === 'apple' && choice.target === undefined;
