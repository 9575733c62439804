import {publish, type Context} from '../context.js';
import type {Item} from '../listing.js';

/** Tells that a container has come to its networks, or has left them. */
export const publishUse = (context: Context, {id, container: {attachments}}: Item, action: 'connect' | 'disconnect'): void => {
	for (const {networkId, network} of attachments) {
		publish(context, {type: 'network', action, id: networkId, attributes: {container: id, name: network, type: 'bridge'}});
	}
};
