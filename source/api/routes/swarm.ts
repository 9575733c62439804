import {HolmError} from '../../engine/errors.js';
import {ok, route, type Handler} from '../exchange.js';

/** Docker's answer on a host without a swarm; clients know it by its words. */
const notManager: Handler = async () => {
	throw new HolmError('unavailable', 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.', {remedy: 'Holm has no swarms: use containers and networks'});
};

const noSwarms: Handler = async () => {
	throw new HolmError('unsupported', 'swarms are not supported', {remedy: 'use containers and networks'});
};

/** Docker's lists of a swarm's parts, and its plugins: Holm has neither. */
export const swarmRoutes = [
	route('POST', '/swarm/init', noSwarms),
	route('POST', '/swarm/join', noSwarms),
	...['/swarm', '/nodes', '/services', '/tasks', '/secrets', '/configs'].flatMap(part =>
		(['GET', 'POST', 'DELETE'] as const).flatMap(method => [
			route(method, part, notManager),
			route(method, part + '/{image}', notManager),
		])),
	route('GET', '/plugins', async () => ok([])),
];
