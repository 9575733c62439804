import {
	hint,
	honoured,
	honouredExcept,
	otherThan,
	refused,
	type FieldTable,
} from './rule.js';

/** Values of a query that mean nothing: Docker's clients send them for parameters that are not given. */
const isSet = (value: unknown) => typeof value === 'string' && !['', '0', 'null', '[]', '{}', 'false', 'False'].includes(value);

const limited = refused('steps of a build have no control group of their own', 'leave it out; ulimits limit the processes of a step', isSet);

/** Why BuildKit is refused, and the remedy. */
export const noBuildKit = ['BuildKit is not supported', 'set DOCKER_BUILDKIT=0, or use holm build'] as const;

/** The query of `POST /build`. */
export const buildFields: FieldTable = {
	buildargs: honoured(),
	buildid: honoured(),
	cachefrom: hint('layers of earlier builds are used wherever they are', isSet),
	cgroupparent: limited,
	cpuperiod: limited,
	cpuquota: limited,
	cpusetcpus: limited,
	cpusetmems: limited,
	cpushares: limited,
	dockerfile: honoured(),
	extrahosts: honoured('`host-gateway` is the host, whose network the steps use; refused with `networkmode=none`'),
	forcerm: honoured('containers of a build are always removed'),
	isolation: honouredExcept('other than `default`', otherThan('default'), 'it is for Windows', 'leave it out'),
	labels: honoured(),
	memory: limited,
	memswap: refused('steps of a build have no control group of their own', 'leave it out; ulimits limit the processes of a step', value => isSet(value) && value !== '-1'),
	networkmode: honouredExcept('other than `default`, `bridge`, `host` and `none`', otherThan('default', 'bridge', 'host', 'none'), 'steps of a build use the host\'s network or none', 'leave it out, or give none'),
	nocache: honoured(),
	outputs: refused('the result of a build is an image', 'leave it out, and copy files from a container of the image', isSet),
	platform: honoured('only the host\'s own'),
	pull: honoured(),
	q: honoured(),
	remote: refused('the context of a build comes with the request', 'fetch it first and send it'),
	rm: honoured('containers of a build are always removed'),
	securityopt: refused('steps of a build have the rights that the engine gives them', 'leave it out', isSet),
	session: refused(...noBuildKit),
	shmsize: honoured(),
	squash: refused('layers of a build stay apart', 'leave it out, or build in several stages', isSet),
	t: honoured(),
	target: honoured(),
	ulimits: honoured(),
	version: honouredExcept('`2`', value => value === '2', ...noBuildKit),
};
