import {HolmError} from '../../engine/errors.js';
import type {Attachment, AttachmentConfiguration} from '../../engine/resources.js';
import * as attachments from '../../rules/networks/attachments.js';
import {newId} from '../containers/id.js';
import type {Context, Entry} from './context.js';
import {findNetwork} from './find.js';

type Holders = Pick<Context, 'connected' | 'containers'>;

/** All containers, and whether each has taken its addresses. */
export const attachedIn = ({connected, containers}: Holders): Iterable<attachments.Attached> =>
	containers.values().map(({container}) => ({container, isRunning: connected.has(container.id)}));

/** Chooses the addresses of a new attachment. The caller must hold the registry. A network with a role is for containers of that role alone. */
export const leaseAttachment = (
	context: Holders & Pick<Context, 'networks'>,
	wanted: AttachmentConfiguration,
	{isRunning, role}: {readonly isRunning: boolean; readonly role?: 'builder'},
): Attachment => {
	const network = findNetwork(context, wanted.network);
	if (network.role !== role) {
		throw new HolmError('forbidden', `${network.name} is the network of the builder, and takes no other container`, {remedy: 'choose another one: holm network ls lists them'});
	}

	return attachments.planAttachment({
		network, wanted, endpointId: newId(), isRunning, attached: attachedIn(context),
	});
};

/** The attachments of a container that starts. The caller must hold the registry. */
export const takeAddresses = (context: Context, {container}: Entry): readonly Attachment[] =>
	attachments.takeAddresses(container, context.networks, attachedIn(context));
