import {HolmError, messageOf} from '../../engine/errors.js';
import type {AttachmentConfiguration, Container, ContainerConfiguration} from '../../engine/resources.js';

const pattern = /^\/?(?<container>[\dA-Za-z][\w.\-]*)(?::(?<alias>[\w.\-]{1,253}))?$/v;

/** A link `CONTAINER[:ALIAS]`. Throws `invalid`. */
export const parseLink = (link: string): {readonly container: string; readonly alias: string} => {
	const {container, alias = container} = pattern.exec(link)?.groups ?? {};
	if (container === undefined) {
		throw new HolmError('invalid', `bad format for links: ${JSON.stringify(link.slice(0, 200))}`, {remedy: 'write CONTAINER or CONTAINER:ALIAS'});
	}

	return {container, alias: alias!};
};

/** Checks the links of an endpoint. Throws `invalid`. */
export const checkEndpointLinks = ({links = []}: Pick<AttachmentConfiguration, 'links'>, {isDefault}: {readonly isDefault: boolean}): void => {
	if (isDefault && links.length > 0) {
		throw new HolmError('invalid', 'links are only supported for user-defined networks after a container is created', {remedy: 'give --link to create or run'});
	}

	for (const link of links) {
		parseLink(link);
	}
};

/**
Checks the targets of a container's links, which `find` must find. On other networks than the default one a target may come later.

Throws `invalid`, not `not-found`: Docker's clients would pull the image.
*/
export const assertLinkTargets = (
	{links = [], networks}: Pick<ContainerConfiguration, 'links' | 'networks'>,
	find: (reference: string) => unknown,
): void => {
	if (networks.length > 0 && !networks.some(({network}) => network === 'bridge' || network === 'default')) {
		return;
	}

	for (const link of links) {
		const {container} = parseLink(link);
		try {
			find(container);
		} catch (error) {
			const reason = `could not get container for ${container}: ${messageOf(error)}`;
			throw error instanceof HolmError && error.code === 'not-found' ? new HolmError('invalid', reason, {remedy: 'create that container first', cause: error}) : error;
		}
	}
};

/** The links of a container without that of an alias. Throws `not-found`. */
export const withoutLink = ({name, configuration: {links = []}}: Pick<Container, 'name' | 'configuration'>, alias: string): readonly string[] => {
	const left = links.filter(link => parseLink(link).alias !== alias);
	if (left.length === links.length) {
		throw new HolmError('not-found', `container ${name} has no link ${JSON.stringify(alias.slice(0, 200))}`, {remedy: `holm inspect ${name} lists its links`});
	}

	return left;
};

type Port = {readonly number: number; readonly protocol: string};

const portOf = (text: string): Port => {
	const [number, protocol = 'tcp'] = text.split('/', 2);
	return {number: Number(number), protocol};
};

/** Ports of TCP come first, so that a linked container knows the most likely one as `ALIAS_PORT`. */
const inOrder = (one: Port, other: Port) =>
	Number(other.protocol === 'tcp') - Number(one.protocol === 'tcp') || one.number - other.number || one.protocol.localeCompare(other.protocol);

/** The variables by which a linked container knows another one. Docker sets them on the default network only. */
export const linkVariables = (
	{name}: Pick<Container, 'name'>,
	alias: string,
	{address, exposedPorts, process: {environment}}: Pick<Container, 'exposedPorts' | 'process'> & {readonly address: string},
): readonly string[] => {
	const prefix = alias.toUpperCase().replaceAll('-', '_');
	const ports = exposedPorts.map(port => portOf(port)).toSorted(inOrder);
	const urlOf = ({number, protocol}: Port) => `${protocol}://${address}:${number}`;
	return [
		...ports.slice(0, 1).map(port => `${prefix}_PORT=${urlOf(port)}`),
		...ports.flatMap(port => {
			const ofPort = `${prefix}_PORT_${port.number}_${port.protocol.toUpperCase()}`;
			return [`${ofPort}=${urlOf(port)}`, `${ofPort}_ADDR=${address}`, `${ofPort}_PORT=${port.number}`, `${ofPort}_PROTO=${port.protocol}`];
		}),
		`${prefix}_NAME=/${name}/${alias}`,
		// These two belong to every container.
		...environment.filter(variable => /^[^=]+=/v.test(variable) && !/^(?:HOME|PATH)=/v.test(variable)).map(variable => `${prefix}_ENV_${variable}`),
	];
};
