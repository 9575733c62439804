import type {Attachment, Container, DnsRecord} from '../../engine/resources.js';
import {parseLink} from '../containers/links.js';
import {clientRecordsOf, type ZoneMember} from './zone.js';

const isNamed = (reference: string, {containerId, names}: ZoneMember) =>
	containerId.startsWith(reference) || names.some(name => name.toLowerCase() === reference.toLowerCase());

/** The names that a container gives to running ones by its links, each on the first of its networks where such a container is. Only this container resolves them. */
export const linkedNamesOf = (
	{attachments, configuration}: Pick<Container, 'attachments' | 'configuration'>,
	membersOn: (attachment: Attachment) => readonly ZoneMember[],
): readonly DnsRecord[] => {
	const found = new Map<string, readonly DnsRecord[]>();
	for (const attachment of attachments) {
		const {links = []} = configuration.networks.find(({network}) => network === attachment.network) ?? {};
		for (const {container, alias} of [...links, ...configuration.links ?? []].map(link => parseLink(link))) {
			const targets = membersOn(attachment).filter(member => isNamed(container, member));
			const name = alias.toLowerCase();
			if (targets.length > 0 && !found.has(name)) {
				found.set(name, clientRecordsOf(targets.map(target => ({...target, name}))));
			}
		}
	}

	return [...found.values()].flat();
};
