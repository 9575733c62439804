import {decodeContainer} from '../../wire/decode/container.js';
import {decodeContainerItem} from '../../wire/decode/container-list.js';
import {decodePruned} from '../../wire/decode/verbs.js';
import {encodeConnect} from '../../wire/encode/network.js';
import {encodeCreateContainer} from '../../wire/encode/create.js';
import {fieldsOf, fieldsOfList} from '../../wire/fields.js';
import {HolmError} from '../../engine/errors.js';
import type {ContainersVerbs} from '../../engine/containers.js';
import type {Filters, ContainerConfiguration} from '../../engine/resources.js';
import {createSteadyTimes} from './steady-times.js';
import type {Client} from './client.js';
import {containerPath, encodeFilters, pathName} from './paths.js';

/** Before API 1.44, a container is created with one network; the others are connected before its start. */
const createInSteps = async (client: Client, {networks, ...configuration}: ContainerConfiguration, create: ContainersVerbs['createContainer']) => {
	const [first, ...others] = networks;
	const container = await create({...configuration, networks: first ? [first] : []});
	try {
		for (const attachment of others) {
			await client.json('POST', `/networks/${pathName(attachment.network, 'network')}/connect`, {json: encodeConnect(container.id, attachment)});
		}
	} catch (error) {
		await client.json('DELETE', containerPath(container.id), {query: {force: true, v: true}}).catch(() => undefined);
		throw error;
	}

	return container;
};

/** Older engines ignore the field. */
const firstWithSubpaths = 45;

export const containersVerbs = (client: Client): ContainersVerbs => {
	const steady = createSteadyTimes();
	const create = async (configuration: ContainerConfiguration) => {
		const part = configuration.mounts.find(mount => mount.type === 'volume' && mount.subpath !== undefined);
		if (part && await client.minorVersion() < firstWithSubpaths) {
			throw new HolmError('unsupported', `this engine cannot mount a part of a volume at ${JSON.stringify(part.target)}: it would mount all of it`, {remedy: `it needs API 1.${firstWithSubpaths}`});
		}

		const fields = fieldsOf(await client.json('POST', '/containers/create', {
			query: {name: configuration.name, platform: configuration.platform},
			json: encodeCreateContainer(configuration),
		}));
		return {id: fields.text('Id'), warnings: fields.texts('Warnings')};
	};

	return {
		async containers({all, filters, size} = {}) {
			const items = fieldsOfList(await client.json('GET', '/containers/json', {query: {all, size, filters: encodeFilters(filters)}}));
			const now = Date.now();
			const containers = items.map(item => decodeContainerItem(item.raw, now));
			return await client.isHolm() ? containers : steady(containers, all === true && encodeFilters(filters) === undefined);
		},
		container: async (reference, {size} = {}) => decodeContainer(await client.json('GET', containerPath(reference, '/json'), {query: {size}})),
		createContainer: async configuration => configuration.networks.length > 1 && !await client.isHolm()
			? createInSteps(client, configuration, create)
			: create(configuration),
		async renameContainer(reference, name) {
			await client.json('POST', containerPath(reference, '/rename'), {query: {name}});
		},
		async removeContainer(reference, {force, volumes} = {}) {
			await client.json('DELETE', containerPath(reference), {query: {force, v: volumes}});
		},
		async removeLink(reference, alias) {
			await client.json('DELETE', `${containerPath(reference)}/${encodeURIComponent(alias)}`, {query: {link: true}});
		},
		pruneContainers: async filters => decodePruned('ContainersDeleted', await client.json('POST', '/containers/prune', {query: {filters: encodeFilters(filters)}})),
	};
};
