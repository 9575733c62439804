import type {
	AttachmentConfiguration,
	DnsRecord,
	Filters,
	Network,
	NetworkConfiguration,
	Pruned,
} from './resources.js';

/** The network that every engine has; containers that name none are on it. */
export const defaultNetwork = 'bridge';

/** Networks, their endpoints and the records of their name servers. */
export type NetworksVerbs = {
	networks: (filters?: Filters) => Promise<readonly Network[]>;
	network: (reference: string) => Promise<Network>;
	createNetwork: (configuration: NetworkConfiguration) => Promise<{readonly id: string}>;
	removeNetwork: (reference: string) => Promise<void>;
	connectNetwork: (container: string, attachment: AttachmentConfiguration) => Promise<void>;
	disconnectNetwork: (network: string, container: string, options?: {readonly force?: boolean}) => Promise<void>;
	pruneNetworks: (filters?: Filters) => Promise<Pruned>;
	/** Absent from a backend that cannot list them. */
	dnsRecords?: (network: string) => Promise<readonly DnsRecord[]>;
};
