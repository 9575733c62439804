import {homedir} from 'node:os';
import {HolmError} from '../../engine/errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Which engine is meant, before any file is read. */
export type Choice =
	/** This host's own. */
	| {readonly kind: 'own'}
	/** The one at an address; `certificates` is the directory of ca.pem, cert.pem and key.pem for a tcp:// one, and `isDocker` says that the address is of Docker's making. */
	| {readonly kind: 'address'; readonly address: string; readonly certificates?: string; readonly isDocker?: boolean}
	/** The one of a Docker context; without a name, the context that Docker's configuration has chosen. */
	| {readonly kind: 'context'; readonly name?: string};

/** Where Docker listens when nobody says otherwise. */
export const dockerSocket = 'unix:///var/run/docker.sock';

const homeOf = (environment: Environment): string => environment.HOME || homedir();

/** Docker's own directory of a user: its configuration, contexts and certificates. */
export const dockerDirectory = (environment: Environment): string => environment.DOCKER_CONFIG || `${homeOf(environment)}/.docker`;

/** The engine that Docker's default context stands for; source: docker/cli, cli/flags/options.go. */
const defaultDocker = (environment: Environment): Choice => {
	if (environment.DOCKER_TLS && !environment.DOCKER_TLS_VERIFY) {
		throw new HolmError('unsupported', 'DOCKER_TLS asks for TLS that verifies nothing', {remedy: 'set DOCKER_TLS_VERIFY=1 too, and DOCKER_CERT_PATH'});
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

/** The context of this name; `default` is the one that has no files. Throws `invalid` for what can name none. */
export const contextNamed = (name: string, environment: Environment): Choice => {
	if (!isContextName(name)) {
		throw new HolmError('invalid', `${JSON.stringify(name.slice(0, 200))} is not the name of a Docker context`, {remedy: 'docker context ls lists them'});
	}

	return name === 'default' ? defaultDocker(environment) : {kind: 'context', name};
};

/**
The engine that is meant: `--host`, else HOLM_HOST, else this host's own, which `own` names.

What Docker's environment and configuration say counts only where `docker` or a context was asked for: a DOCKER_HOST that is there for another program must not lead a removal to another machine.
*/
export const whichEngine = (host: string | undefined, environment: Environment): Choice => {
	const wanted = host ?? environment.HOLM_HOST;
	if (wanted === undefined || wanted === 'own' || (wanted === '' && host === undefined)) {
		return {kind: 'own'};
	}

	if (wanted === 'docker') {
		return docker(environment);
	}

	const scheme = 'context://';
	if (wanted.startsWith(scheme)) {
		return contextNamed(wanted.slice(scheme.length), environment);
	}

	return {kind: 'address', address: wanted, ...environment.HOLM_CERT_PATH && {certificates: environment.HOLM_CERT_PATH}};
};
