import {Buffer} from 'node:buffer';
import type {Attachment, Container} from '../../engine/resources.js';
import {
	homeWithoutAccount,
	resolveUser,
	withGroups,
	type Accounts,
} from '../containers/accounts.js';
import {mergeEnvironment} from '../../rules/containers/container-process.js';
import {bundleOf, isOfNamespace} from '../containers/bundle.js';
import {hostsFile, resolverFile} from '../containers/network-files.js';
import type {StartMessage} from '../machines/guest-protocol.js';
import {builderService, defaultNetwork, type Context} from './context.js';
import {linksOf, linkVariablesOf} from './links.js';
import type {ResolvedMounts} from './mounts.js';
import {wayOut} from './wanted-state.js';

export const hostnameOf = ({id, configuration}: Container): string => configuration.hostname ?? id.slice(0, 12);

/** The gateways of a container's networks in resolver order: networks whose name servers know containers come first. */
const gatewaysOf = ({networks}: Context, {attachments}: Container): readonly string[] => {
	const out = wayOut(attachments, networks);
	const rankOf = (attachment: Attachment) => (attachment.network === defaultNetwork ? 2 : 0) + (attachment === out ? 0 : 1);
	return attachments
		.toSorted((one, other) => rankOf(one) - rankOf(other))
		.map(({gateway}) => gateway);
};

/** The container's `/etc/resolv.conf` for its current networks. */
export const resolverFileOf = (context: Context, container: Container): string => {
	const {dnsServers, dnsSearch, dnsOptions} = container.configuration;
	// Where containers have names, the network's name server comes first and forwards other names to the container's servers.
	const hasNames = container.attachments.some(({network}) => network !== defaultNetwork);
	return resolverFile({gateways: gatewaysOf(context, container), dnsServers: hasNames ? [] : dnsServers, dnsSearch, dnsOptions});
};

/** The files that each guest of a container gets, by path below `/run/holm`. */
export const filesFor = (context: Context, container: Container): Readonly<Record<string, Uint8Array>> => {
	const hostname = hostnameOf(container);
	return {
		'files/authorized_keys': Buffer.from(`${context.guest.key.publicKey.trim()}\n`),
		'files/hostname': Buffer.from(`${hostname}\n`),
		'files/hosts': Buffer.from(hostsFile({
			hostname,
			addresses: container.attachments.map(({address}) => address),
			domainName: container.configuration.domainName,
			extraHosts: container.configuration.extraHosts,
			links: linksOf(context, container),
			hostAddress: context.namespace.hostAddress,
		})),
		'files/resolv.conf': Buffer.from(resolverFileOf(context, container)),
	};
};

/** The start message: everything that a guest needs to run a container. */
export const startMessageFor = (
	context: Context,
	container: Container,
	{accounts, mounts: {mounts, sockets}}: {readonly accounts: Accounts; readonly mounts: ResolvedMounts},
): StartMessage => {
	const {configuration, process} = container;
	const environment = mergeEnvironment(linkVariablesOf(context, container), process.environment);
	const user = withGroups(resolveUser(process.user, accounts), accounts, configuration.groups);
	const bundle = bundleOf({
		configuration,
		hostname: hostnameOf(container),
		process: {...process, environment: [...environment, ...homeWithoutAccount(user, accounts, environment)]},
		user,
		mounts,
	});
	return {
		hostname: hostnameOf(container),
		files: {...filesFor(context, container), 'bundle/config.json': Buffer.from(JSON.stringify(bundle))},
		sockets,
		...container.role === 'builder' && {service: builderService},
		sysctls: Object.fromEntries(Object.entries(configuration.sysctls ?? {}).filter(([name]) => !isOfNamespace(name))),
		process: {terminal: configuration.terminal, stdin: configuration.openStdin},
	};
};
