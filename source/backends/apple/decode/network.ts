import {labelsOf, listOf, membersOf, momentOf, textOf, type Members} from './lenient.js';

/** A network as Apple's program lists it. */
export type AppleNetwork = {
	readonly id: string;
	readonly createdAt: number;
	readonly internal: boolean;
	readonly labels: Readonly<Record<string, string>>;
	readonly subnet: string;
	readonly gateway: string;
};

const decodeNetwork = (item: Members): AppleNetwork => {
	const configuration = membersOf(item.configuration);
	const status = membersOf(item.status);
	return {
		id: textOf(item.id) || textOf(configuration.name),
		createdAt: momentOf(configuration.creationDate) ?? 0,
		internal: configuration.mode === 'hostOnly',
		labels: labelsOf(configuration.labels),
		subnet: textOf(status.ipv4Subnet) || textOf(configuration.ipv4Subnet),
		gateway: textOf(status.ipv4Gateway),
	};
};

export const decodeNetworks = (document: unknown): readonly AppleNetwork[] =>
	listOf(document).map(item => decodeNetwork(item)).filter(({id}) => id !== '');
