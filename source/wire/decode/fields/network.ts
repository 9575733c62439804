import {
	hint,
	honoured,
	honouredExcept,
	nested,
	otherThan,
	refused,
	type FieldRule,
	type FieldTable,
} from './rule.js';

const ofSwarm = 'it is for swarms';
const only = (allowed: string, reason: string, remedy: string): FieldRule => honouredExcept(`other than \`${allowed}\``, value => value !== allowed && value !== '', reason, remedy);

/** Options of the bridge driver. */
const bridgeOptions: FieldTable = {
	'com.docker.network.driver.mtu': honoured('of the bridge and of the containers\' devices'),
	'com.docker.network.bridge.name': refused('bridges are in the engine\'s own namespace, with names of its own', 'leave it out; holm network inspect shows the name'),
	'com.docker.network.bridge.enable_icc': only('true', 'containers of a network reach each other', 'put them on networks of their own'),
	'com.docker.network.bridge.enable_ip_masquerade': only('true', 'containers reach the outside with the host\'s address', 'internal networks do not reach it at all'),
	'com.docker.network.bridge.host_binding_ipv4': only('0.0.0.0', 'ports are published on all addresses unless they name one', 'name the address with each published port'),
	'com.docker.network.bridge.default_bridge': only('false', 'the default network exists already', 'leave it out'),
};

/** Options that the bridge driver does not have. */
const hasOtherOptions = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).some(name => !Object.hasOwn(bridgeOptions, name));

/** The body of `POST /networks/create`. */
export const networkFields: FieldTable = {
	Attachable: hint(`${ofSwarm}; containers can always be attached`),
	CheckDuplicate: honoured('names are unique'),
	ConfigFrom: refused(ofSwarm, 'give the settings themselves', value => typeof value === 'object' && value !== null && Object.values(value).some(Boolean)),
	ConfigOnly: refused(ofSwarm, 'leave it out'),
	Driver: honouredExcept('other than `bridge`', otherThan('bridge', 'default'), 'networks are bridges on this host', 'the only driver is bridge'),
	EnableIPv4: honouredExcept('`false`', value => value === false, 'networks have IPv4 only', 'leave it out'),
	EnableIPv6: refused('networks have IPv4 only', 'leave it out'),
	IPAM: nested('object', {
		Config: {
			...nested('list', {
				AuxiliaryAddresses: honoured('no container gets them'),
				Gateway: honoured(),
				IPRange: honoured(),
				Subnet: honouredExcept('IPv6', value => typeof value === 'string' && value.includes(':'), 'networks have IPv4 only', 'leave it out'),
			}),
			exceptions: 'several subnets',
			isAffected: value => Array.isArray(value) && value.length > 1,
			reason: 'a network has one subnet',
			remedy: 'make another network for the other subnet',
		},
		Driver: honouredExcept('other than `default`', otherThan('default'), 'there is no other IPAM driver', 'default'),
		Options: refused('the IPAM driver has no options', 'leave it out'),
	}),
	Ingress: refused(ofSwarm, 'leave it out'),
	Internal: honoured(),
	Labels: honoured(),
	Name: honoured(),
	Options: {
		...nested('object', bridgeOptions),
		exceptions: 'others than below',
		isAffected: hasOtherOptions,
		reason: 'the bridge driver does not have all of these options',
		remedy: `its options are ${Object.keys(bridgeOptions).join(', ')}`,
	},
	Scope: honouredExcept('other than `local`', otherThan('local'), ofSwarm, 'local'),
};
