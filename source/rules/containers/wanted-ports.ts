import type {Container, PublishedPort} from '../../engine/resources.js';

/** The ports that a container requests; host port 0 is not chosen yet. */
export const wantedPorts = ({configuration: {ports, publishAll}, exposedPorts}: Pick<Container, 'configuration' | 'exposedPorts'>): readonly PublishedPort[] => {
	const isPublished = (exposed: string) => ports.some(({containerPort, protocol}) => exposed === `${containerPort}/${protocol}`);
	const rest = publishAll ? exposedPorts.filter(exposed => !isPublished(exposed)) : [];
	return [...ports, ...rest.map(exposed => ({
		hostAddress: '', hostPort: 0, containerPort: Number.parseInt(exposed, 10), protocol: exposed.endsWith('/udp') ? 'udp' as const : 'tcp' as const,
	}))];
};
