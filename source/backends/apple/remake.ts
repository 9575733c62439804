import {HolmError} from '../../engine/errors.js';
import type {ContainerConfiguration} from '../../engine/resources.js';
import {askedFor} from './container-notes.js';
import type {Context} from './context.js';
import {make, wantedNetworks} from './creation.js';
import {findImageItem, readImages} from './image-listing.js';
import type {Item} from './listing.js';
import {readNetworks} from './network-listing.js';

type Remake = {
	readonly configuration?: ContainerConfiguration;
	/** An image in place of the one that it has, by Apple's name. */
	readonly reference?: string;
};

/** Makes a container that never ran again, with its id and its name. Throws `unsupported` for others. */
export const remake = async (
	context: Context,
	item: Item,
	{configuration = item.container.configuration, reference}: Remake,
): Promise<void> => {
	const {notes, apple} = item;
	if (!notes || item.container.status.state !== 'created') {
		throw new HolmError(
			'unsupported',
			`container ${item.name} cannot be changed after its first start on Apple's container`,
			{remedy: 'make it anew'},
		);
	}

	const [networkItems, images] = await Promise.all([readNetworks(context), readImages(context)]);
	const image = findImageItem(images, notes.imageId);
	const program = await context.program();
	const made = {
		configuration,
		notes: {...notes, configuration: askedFor(configuration)},
		image,
		reference: reference ?? apple.reference,
		networks: wantedNetworks(configuration, networkItems),
		appleName: apple.id,
		ports: apple.ports,
	};
	const before = {
		...made,
		configuration: item.container.configuration,
		notes,
		reference: apple.reference,
		networks: wantedNetworks(item.container.configuration, networkItems),
	};
	await program.run(['delete', apple.id]);
	try {
		await make(context, made);
	} catch (error) {
		await make(context, before);
		throw error;
	}
};
