import type {Container} from '../../engine/resources.js';
import {signalNumber} from '../../rules/containers/signals.js';
import type {Context} from './context.js';

/** The signal that stops a container: its own, else its image's, else SIGTERM. */
export const stopSignalOf = async ({images}: Pick<Context, 'images'>, {configuration, imageId}: Container): Promise<number> => {
	const image = await images.get(imageId).catch(() => undefined);
	return signalNumber(configuration.stopSignal ?? image?.configuration.stopSignal ?? 'SIGTERM');
};
