import type {Engine} from '../../engine/engine.js';
import {asHolmError, HolmError} from '../../engine/errors.js';
import type {Container} from '../../engine/resources.js';
import {readFields} from '../body.js';
import {decodeCreateContainer} from '../../wire/decode/create.js';
import {encodeContainer} from '../../wire/encode/container.js';
import {encodeContainerItem} from '../../wire/encode/container-list.js';
import {encodeError} from '../../wire/encode/progress.js';
import {encodePruned} from '../../wire/encode/verbs.js';
import {created, noContent, ok, route} from '../exchange.js';

const isPresent = async (engine: Engine, image: string): Promise<boolean> => engine.image(image).then(() => true, () => false);

/** Docker's size of a container's whole file system: its image and what it has written. */
const rootSizes = async (engine: Engine) => {
	const images = new Map((await engine.images({all: true})).map(({id, sizeBytes}) => [id, sizeBytes]));
	return ({imageId, diskBytes = 0}: Container): number => diskBytes + (images.get(imageId) ?? 0);
};

export const containersRoutes = [
	route('GET', '/containers/json', async ({engine, query, isHolm, minorVersion}) => {
		const limit = query.wholeNumber('limit') ?? 0;
		const containers = await engine.containers({
			// The limit counts stopped containers, too.
			all: query.flag('all') || limit > 0,
			size: query.flag('size'),
			filters: query.filters(),
		});
		const now = Date.now();
		const listed = limit > 0 ? containers.slice(0, limit) : containers;
		const rootBytes = query.flag('size') ? await rootSizes(engine) : undefined;
		return ok(listed.map(container => encodeContainerItem(container, {
			now, detail: isHolm, minorVersion, rootBytes: rootBytes?.(container),
		})));
	}),
	route('POST', '/containers/create', async exchange => {
		const {engine, query} = exchange;
		const {configuration, warnings} = decodeCreateContainer(await readFields(exchange), {
			name: query.text('name')?.replace(/^\//v, ''),
			platform: query.text('platform'),
		});
		try {
			const container = await engine.createContainer(configuration);
			return created({Id: container.id, Warnings: [...warnings, ...container.warnings]});
		} catch (error) {
			// Docker's clients pull the image on any 404.
			if (asHolmError(error).code === 'not-found' && await isPresent(engine, configuration.image)) {
				return {status: 400, json: encodeError(error)};
			}

			throw error;
		}
	}),
	route('POST', '/containers/prune', async ({engine, query}) => ok(encodePruned('ContainersDeleted', await engine.pruneContainers(query.filters())))),
	route('GET', '/containers/{name}/json', async ({engine, name, query, minorVersion}) => {
		const container = await engine.container(name, {size: query.flag('size')});
		const rootBytes = query.flag('size') ? await rootSizes(engine) : undefined;
		return ok(encodeContainer(container, {minorVersion, rootBytes: rootBytes?.(container)}));
	}),
	route('POST', '/containers/{name}/rename', async ({engine, name, query}) => {
		const wanted = query.text('name')?.replace(/^\//v, '');
		if (!wanted) {
			throw new HolmError('invalid', 'name is missing: the new name of the container');
		}

		await engine.renameContainer(name, wanted);
		return noContent;
	}),
	// A link is named like a path: `CONTAINER/ALIAS`.
	route('DELETE', '/containers/{image}', async ({engine, name, query, clientName}) => {
		const [container = '', alias, ...rest] = name.replace(/^\//v, '').split('/');
		if (query.flag('link')) {
			if (alias === undefined || rest.length > 0) {
				throw new HolmError('invalid', `${JSON.stringify(name.slice(0, 200))} is not a link`, {remedy: 'write CONTAINER/ALIAS'});
			}

			await engine.removeLink(container, alias);
			return noContent;
		}

		if (alias !== undefined) {
			throw new HolmError('not-found', `No such container: ${name.slice(0, 200)}`);
		}

		await engine.removeContainer(container, {force: query.flag('force'), volumes: query.flag('v'), by: clientName});
		return noContent;
	}),
];
