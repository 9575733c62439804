import {HolmError} from '../../errors.js';
import {readFields} from '../body.js';
import {decodeCreateContainer} from '../decode/create.js';
import {encodeContainer} from '../encode/container.js';
import {encodeContainerItem} from '../encode/container-list.js';
import {encodePruned} from '../encode/verbs.js';
import {created, noContent, ok, route, type Handler} from '../exchange.js';

const unsupported = (what: string): Handler => async () => {
	throw new HolmError('unsupported', `${what} is not supported`);
};

/** What containers there are, and their making and removal. */
export const containerRoutes = [
	route('GET', '/containers/json', async ({engine, query, isHolm}) => {
		const limit = query.wholeNumber('limit') ?? 0;
		const containers = await engine.containers({
			// The last so many are counted whether they run or not.
			all: query.flag('all') || limit > 0,
			size: query.flag('size'),
			filters: query.filters(),
		});
		const now = Date.now();
		return ok((limit > 0 ? containers.slice(0, limit) : containers).map(container => encodeContainerItem(container, {now, detail: isHolm})));
	}),
	route('POST', '/containers/create', async exchange => {
		const {engine, query} = exchange;
		const {configuration, warnings} = decodeCreateContainer(await readFields(exchange), {
			name: query.text('name')?.replace(/^\//v, ''),
			platform: query.text('platform'),
		});
		const container = await engine.createContainer(configuration);
		return created({Id: container.id, Warnings: [...warnings, ...container.warnings]});
	}),
	route('POST', '/containers/prune', async ({engine, query}) => ok(encodePruned('ContainersDeleted', await engine.pruneContainers(query.filters())))),
	route('GET', '/containers/{name}/json', async ({engine, name, query}) => ok(encodeContainer(await engine.container(name, {size: query.flag('size')})))),
	route('DELETE', '/containers/{name}', async ({engine, name, query}) => {
		if (query.flag('link')) {
			throw new HolmError('unsupported', 'links between containers are not supported');
		}

		await engine.removeContainer(name, {force: query.flag('force'), volumes: query.flag('v')});
		return noContent;
	}),
	route('POST', '/containers/{name}/update', unsupported('changing a container that exists')),
	route('POST', '/commit', unsupported('making an image of a container')),
];
