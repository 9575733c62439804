import {HolmError, messageOf} from '../../engine/errors.js';
import type {Attachment, Container} from '../../engine/resources.js';
import {linkVariables, parseLink} from '../../rules/containers/links.js';
import {quote} from '../../text/escape.js';
import type {HostName} from '../containers/network-files.js';
import {silenceLimitMs, within} from '../machines/patience.js';
import {
	defaultNetwork,
	isLive,
	machineOf,
	type Context,
	type Entry,
} from './context.js';

const isTarget = ({id, name}: Container, reference: string) => name === reference || id.startsWith(reference);

const linksIn = ({configuration: {links = []}}: Container) => links;

/** A linked container at its address on the first network that both have, under the link's alias. */
const hostNameOf = (container: Container, target: Container, alias: string): HostName | undefined => {
	const own = container.attachments.find(({networkId}) => target.attachments.some(other => other.networkId === networkId));
	const there = target.attachments.find(({networkId}) => networkId === own?.networkId);
	return there && {address: there.address, names: [...new Set([alias, target.name])]};
};

/** The running containers to which a container is linked. */
const targetsOf = (
	context: Context,
	container: Container,
): ReadonlyArray<{readonly target: Container; readonly alias: string}> => linksIn(container).flatMap(link => {
	const {container: reference, alias} = parseLink(link);
	// The address of a stopped container may be another's by now.
	const running = context.containers.values().filter(entry => isLive(entry)).map(entry => entry.container);
	const target = running.find(found => isTarget(found, reference));
	return target ? {target, alias} : [];
});

/** The addresses of the running containers to which a container is linked. */
export const linksOf = (context: Context, container: Container): readonly HostName[] =>
	targetsOf(context, container).flatMap(({target, alias}) => hostNameOf(container, target, alias) ?? []);

/** Variables that describe the running containers to which a container is linked on the default network. The container's own ones win. */
export const linkVariablesOf = (context: Context, container: Container): readonly string[] => {
	const isOnDefault = ({network}: Attachment) => network === defaultNetwork;
	return container.attachments.some(attachment => isOnDefault(attachment))
		? targetsOf(context, container).flatMap(({target, alias}) => {
			const there = target.attachments.find(attachment => isOnDefault(attachment));
			return there ? linkVariables(container, alias, {...target, address: there.address}) : [];
		})
		: [];
};

/** The names of a container that has started, for another container that is linked to it. */
export const linksTo = (container: Container, target: Container): readonly HostName[] => linksIn(container).flatMap(link => {
	const {container: reference, alias} = parseLink(link);
	return isTarget(target, reference) ? hostNameOf(container, target, alias) ?? [] : [];
});

/** Replaces the lines of linked containers in the `/etc/hosts` of a guest, which must stay the same file. */
export const linksCommand = (links: readonly HostName[]): string => {
	const pattern = links.map(({names}) => `^[^[:space:]]+[[:space:]]+${names.join(' ').replaceAll('.', '[.]')}$`).join('|');
	const lines = links.map(({address, names}) => `${address}\t${names.join(' ')}\n`).join('');
	return `cd /run/holm/files && { grep -Ev ${quote(pattern)} hosts; printf %s ${quote(lines)}; } > hosts.new; cat hosts.new > hosts && rm hosts.new`;
};

/** Lets the running containers that are linked to a container find it at its address, after it has started, perhaps as another container of the same name. */
export const followLinks = async (context: Context, {container: target}: Entry): Promise<void> => {
	await Promise.all(context.containers.values().filter(entry => isLive(entry)).map(async entry => {
		const links = linksTo(entry.container, target);
		if (links.length === 0) {
			return;
		}

		const machine = machineOf(entry);
		if (!machine) {
			return;
		}

		try {
			if (entry.container.status.state === 'paused') {
				throw new HolmError('conflict', 'it is paused');
			}

			await within(machine.agent.run(linksCommand(links)), silenceLimitMs(), () => new HolmError('unavailable', 'the guest does not answer'));
		} catch (error) {
			context.log(`/etc/hosts of ${entry.container.name} does not lead to ${target.name}: ${messageOf(error)}`);
		}
	}));
};
