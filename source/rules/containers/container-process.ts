import {HolmError} from '../../engine/errors.js';
import type {Container, ContainerConfiguration, ImageConfiguration} from '../../engine/resources.js';

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Merges lists of variables: later ones replace earlier ones in place. A variable without `=` is removed, as in Docker. */
export const mergeEnvironment = (...lists: ReadonlyArray<readonly string[]>): readonly string[] => {
	const variables = new Map<string, string>();
	for (const variable of lists.flat()) {
		const [name = ''] = variable.split('=', 1);
		if (variable.includes('=')) {
			variables.set(name, variable);
		} else {
			variables.delete(name);
		}
	}

	return [...variables.values()];
};

/**
The process of a container: its own settings, then its image's.

Setting an entrypoint also drops the image's command, as in Docker. Throws `invalid` if there is no command at all.
*/
export const containerProcess = (configuration: ContainerConfiguration, image: ImageConfiguration): Container['process'] => {
	const given = configuration.entrypoint ?? image.entrypoint;
	// Docker's way to take an entrypoint back.
	const entrypoint = given.length === 1 && given[0] === '' ? [] : given;
	const imageCommand = configuration.entrypoint === undefined ? image.command : [];
	const command = configuration.command.length > 0 ? configuration.command : imageCommand;
	const arguments_ = [...entrypoint, ...command];
	if (arguments_.length === 0 || arguments_[0] === '') {
		throw new HolmError('invalid', `No command specified: image ${configuration.image} has none`, {remedy: 'name one after the image'});
	}

	return {
		arguments: arguments_,
		environment: mergeEnvironment([defaultPath], image.environment, configuration.environment),
		workingDirectory: configuration.workingDirectory || image.workingDirectory || '/',
		user: configuration.user || image.user,
	};
};

const portOf = (port: string): number => Number(port.split('/', 1)[0]);

/** Ports declared by the image or the container, such as `6379/tcp`, lowest first. */
export const exposedPorts = (configuration: ContainerConfiguration, image: ImageConfiguration): readonly string[] =>
	[...new Set([
		...image.exposedPorts.map(port => port.includes('/') ? port : `${port}/tcp`),
		...configuration.ports.map(({containerPort, protocol}) => `${containerPort}/${protocol}`),
		...configuration.exposedPorts ?? [],
	])].toSorted((a, b) => portOf(a) - portOf(b) || a.localeCompare(b));
