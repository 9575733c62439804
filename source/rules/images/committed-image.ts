import {HolmError} from '../../engine/errors.js';
import type {Container, ImageConfiguration} from '../../engine/resources.js';
import {mergeEnvironment} from '../containers/container-process.js';

const instructions = new Set(['CMD', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'HEALTHCHECK', 'LABEL', 'ONBUILD', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR']);

/** Throws `invalid` unless every change is one line with an instruction that only changes the configuration. */
export const assertChanges = (changes: readonly string[]): void => {
	for (const change of changes) {
		const [word = ''] = change.trim().split(/\s/v, 1);
		if (!instructions.has(word.toUpperCase()) || /[\n\r]|\\\s*$/v.test(change)) {
			throw new HolmError('invalid', `${JSON.stringify(change.slice(0, 100))} is not a change that a commit can make`, {remedy: `it is one line of a Dockerfile with ${[...instructions].join(', ')}`});
		}
	}
};

/** The configuration of an image committed from a container: the container's own settings, then its image's, so that both run alike. */
export const committedConfiguration = (
	{configuration, healthcheck, exposedPorts}: Container,
	image: ImageConfiguration,
): ImageConfiguration => ({
	...image,
	user: configuration.user ?? image.user,
	environment: mergeEnvironment(image.environment, configuration.environment),
	entrypoint: configuration.entrypoint ?? image.entrypoint,
	// As at a start: setting an entrypoint drops the image's command.
	command: configuration.command.length > 0 || configuration.entrypoint !== undefined ? configuration.command : image.command,
	workingDirectory: configuration.workingDirectory ?? image.workingDirectory,
	exposedPorts,
	labels: configuration.labels,
	...configuration.stopSignal !== undefined && {stopSignal: configuration.stopSignal},
	...healthcheck && {healthcheck},
});
