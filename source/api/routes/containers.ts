import {HolmError} from '../../engine/errors.js';
import {readFields} from '../body.js';
import {decodeCreateContainer} from '../../wire/decode/create.js';
import {decodeUpdate, isEmpty} from '../../wire/decode/update.js';
import {encodeContainer} from '../../wire/encode/container.js';
import {encodeContainerItem} from '../../wire/encode/container-list.js';
import {encodePruned} from '../../wire/encode/verbs.js';
import {created, noContent, ok, route} from '../exchange.js';
import {joinTag} from '../../wire/image-names.js';

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
	route('POST', '/containers/{name}/update', async exchange => {
		const {update, warnings} = decodeUpdate(await readFields(exchange));
		const updated = await exchange.engine.updateContainer(exchange.name, update);
		return ok({Warnings: [...warnings, ...updated.warnings]});
	}),
	route('POST', '/commit', async exchange => {
		const {engine, query} = exchange;
		const container = query.text('container');
		if (!container) {
			throw new HolmError('invalid', 'container is missing: the container to make an image of');
		}

		const body = await readFields(exchange);
		if (Object.values(body.raw).some(value => !isEmpty(value))) {
			throw new HolmError('unsupported', 'a configuration in the body of a commit is not supported', {remedy: 'use changes, such as CMD ["program"]'});
		}

		const name = query.text('repo');
		return created({Id: (await engine.commitContainer(container, {
			...name !== undefined && {tag: joinTag(name, query.text('tag'))},
			author: query.text('author'),
			comment: query.text('comment'),
			// Docker's clients send them one by one, and others in one text.
			changes: query.all('changes').flatMap(text => text.split('\n')).filter(line => line.trim() !== ''),
			pause: query.flag('pause', true),
		})).id});
	}),
];
