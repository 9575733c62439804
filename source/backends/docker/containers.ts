import {decodeContainer} from '../../wire/decode/container.js';
import {decodeContainerItem} from '../../wire/decode/container-list.js';
import {decodeEnding, decodePruned, decodeTop} from '../../wire/decode/verbs.js';
import {encodeConnect} from '../../wire/encode/network.js';
import {encodeCreateContainer, encodeUpdate} from '../../wire/encode/create.js';
import {HolmError} from '../../engine/errors.js';
import {fieldsOf, fieldsOfList} from '../../wire/fields.js';
import type {Engine} from '../../engine/engine.js';
import {type Filters, type ContainerConfiguration} from '../../engine/resources.js';
import {createSteadyTimes} from './steady-times.js';
import type {Client} from './client.js';
import {pathName, type QueryValues} from './paths.js';

/** Filters as Docker's clients have sent them since 1.22; nothing for none. */
export const encodeFilters = (filters: Filters | undefined): string | undefined =>
	filters && Object.keys(filters).length > 0 ? JSON.stringify(filters) : undefined;

export const containerPath = (reference: string, verb = ''): string => `/containers/${pathName(reference, 'container')}${verb}`;

/** Docker before 1.44 takes one network when a container is made; the others are connected before it starts. */
const createInSteps = async (client: Client, {networks, ...configuration}: ContainerConfiguration, create: Engine['createContainer']) => {
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

type Verbs = 'containers' | 'container' | 'createContainer' | 'startContainer' | 'stopContainer' | 'restartContainer' | 'killContainer'
	| 'pauseContainer' | 'unpauseContainer' | 'renameContainer' | 'updateContainer' | 'removeContainer' | 'waitContainer' | 'top' | 'pruneContainers';

/** What containers there are, and what they do from their start to their end. */
export const containerVerbs = (client: Client): Pick<Engine, Verbs> => {
	const steady = createSteadyTimes();
	const create = async (configuration: ContainerConfiguration) => {
		const fields = fieldsOf(await client.json('POST', '/containers/create', {
			query: {name: configuration.name, platform: configuration.platform},
			json: encodeCreateContainer(configuration),
		}));
		return {id: fields.text('Id'), warnings: fields.texts('Warnings')};
	};

	const tell = async (reference: string, verb: string, query?: QueryValues, otherwise?: string) => {
		await client.json('POST', containerPath(reference, verb), {query, otherwise});
	};

	/** Docker ignored the parameter before API 1.42, and would send another signal without a word. */
	const assertStopSignals = async (signal: string | undefined) => {
		if (signal !== undefined && await client.minorVersion() < 42) {
			throw new HolmError('unsupported', `this engine (API 1.${await client.minorVersion()}) cannot stop a container by ${signal}, only by the signal that it was created with`, {remedy: `holm kill --signal ${signal}`});
		}
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
		startContainer: async reference => tell(reference, '/start', {}, `container ${reference} is running already`),
		async stopContainer(reference, {signal, timeoutSeconds} = {}) {
			await assertStopSignals(signal);
			await tell(reference, '/stop', {signal, t: timeoutSeconds}, `container ${reference} does not run`);
		},
		async restartContainer(reference, {signal, timeoutSeconds} = {}) {
			await assertStopSignals(signal);
			await tell(reference, '/restart', {signal, t: timeoutSeconds});
		},
		killContainer: async (reference, signal) => tell(reference, '/kill', {signal}),
		pauseContainer: async reference => tell(reference, '/pause'),
		unpauseContainer: async reference => tell(reference, '/unpause'),
		renameContainer: async (reference, name) => tell(reference, '/rename', {name}),
		updateContainer: async (reference, update) => ({
			warnings: fieldsOf(await client.json('POST', containerPath(reference, '/update'), {json: encodeUpdate(update)})).texts('Warnings'),
		}),
		async removeContainer(reference, {force, volumes} = {}) {
			await client.json('DELETE', containerPath(reference), {query: {force, v: volumes}});
		},
		waitContainer: async (reference, condition, signal) => decodeEnding(await client.json('POST', containerPath(reference, '/wait'), {query: {condition}, signal})),
		top: async (reference, psArguments) => decodeTop(await client.json('GET', containerPath(reference, '/top'), {query: {ps_args: psArguments}})),
		pruneContainers: async filters => decodePruned('ContainersDeleted', await client.json('POST', '/containers/prune', {query: {filters: encodeFilters(filters)}})),
	};
};
