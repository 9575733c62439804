import {HolmError} from '../../errors.js';
import type {Container, ContainerConfiguration, ImageConfiguration, Mount} from '../../resources.js';

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const nameOf = (variable: string) => variable.split('=', 1)[0];

/** Later ones win, each name once. */
const mergeEnvironment = (...lists: ReadonlyArray<readonly string[]>): readonly string[] =>
	[...new Map(lists.flat().map(variable => [nameOf(variable), variable])).values()];

const argumentsOf = (image: ImageConfiguration, {entrypoint, command}: ContainerConfiguration): readonly string[] => {
	// An entrypoint of the user's own has nothing to do with the image's command.
	const imageCommand = entrypoint === undefined ? image.command : [];
	return [...entrypoint ?? image.entrypoint, ...command.length > 0 ? command : imageCommand];
};

/**
The process of a container: what the user asked, over what the image says.

Throws `invalid` when neither names a command.
*/
export const processOf = (image: ImageConfiguration, configuration: ContainerConfiguration): Container['process'] => {
	const processArguments = argumentsOf(image, configuration);
	if (processArguments.length === 0) {
		throw new HolmError('invalid', `no command specified: image ${configuration.image} has none of its own`, {remedy: 'name one after the image'});
	}

	const [unset, set] = [configuration.environment.filter(variable => !variable.includes('=')), configuration.environment.filter(variable => variable.includes('='))];
	const environment = mergeEnvironment([defaultPath], configuration.terminal ? ['TERM=xterm'] : [], image.environment, set);
	return {
		arguments: processArguments,
		// `KEY` without a value takes the variable away, as in Docker.
		environment: environment.filter(variable => !unset.includes(nameOf(variable) ?? '')),
		workingDirectory: configuration.workingDirectory ?? (image.workingDirectory || '/'),
		user: configuration.user ?? image.user,
	};
};

const normalise = (target: string): string => `/${target.split('/').filter(part => part !== '' && part !== '.').join('/')}`;

/** The mounts that were asked for and an anonymous volume for every other path that the image wants one for. Throws `invalid` for two at one place. */
export const mountsOf = (image: ImageConfiguration, {mounts}: ContainerConfiguration): readonly Mount[] => {
	const wanted = mounts.map(mount => ({...mount, target: normalise(mount.target)}));
	for (const [index, {target}] of wanted.entries()) {
		if (target.split('/').includes('..') || target === '/') {
			throw new HolmError('invalid', `invalid mount target ${JSON.stringify(mounts[index]!.target.slice(0, 200))}`, {remedy: 'name an absolute path below / without ".."'});
		}

		if (wanted.findIndex(other => other.target === target) !== index) {
			throw new HolmError('invalid', `two mounts at ${JSON.stringify(target.slice(0, 200))}`, {remedy: 'leave one of them out'});
		}
	}

	const anonymous = image.volumes
		.map(target => normalise(target))
		.filter(target => target !== '/' && !target.split('/').includes('..') && wanted.every(mount => mount.target !== target));
	return [...wanted, ...anonymous.map((target): Mount => ({type: 'volume', source: '', target, readOnly: false}))];
};

/** Ports that the image or the user declares, such as `6379/tcp`, each once. */
export const exposedPortsOf = (image: ImageConfiguration, {ports}: ContainerConfiguration): readonly string[] => {
	const declared = image.exposedPorts
		.map(port => port.includes('/') ? port : `${port}/tcp`)
		.filter(port => /^\d{1,5}\/(?:tcp|udp)$/v.test(port));
	return [...new Set([...declared, ...ports.map(({containerPort, protocol}) => `${containerPort}/${protocol}`)])]
		.toSorted((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10));
};
