import {
	honoured,
	honouredExcept,
	otherThan,
	refused,
	type FieldTable,
} from './rule.js';

/** Values of a query that mean nothing: Docker's clients send them for parameters that are not given. */
const isSet = (value: unknown) => typeof value === 'string' && !['', '0', 'null', '[]', '{}', 'false', 'False'].includes(value);

const isLimit = (value: unknown) => isSet(value) && value !== '-1';

const ofClassic = honoured('by the classic builder; refused for BuildKit');

/** Why BuildKit is refused by an engine without a builder, and the remedy. */
export const noBuildKit = ['this engine has no BuildKit', 'set DOCKER_BUILDKIT=0, or use holm build'] as const;

/** The query of `POST /build`. The builder honours what is not refused here. */
export const buildFields: FieldTable = {
	buildargs: honoured(),
	buildid: honoured(),
	cachefrom: honoured('images of registries for BuildKit, of the engine for the classic builder'),
	cgroupparent: refused('the steps of all builds are in one control group of the builder', 'leave it out', isSet),
	cpuperiod: ofClassic,
	cpuquota: ofClassic,
	cpusetcpus: ofClassic,
	cpusetmems: ofClassic,
	cpushares: ofClassic,
	dockerfile: honoured(),
	extrahosts: honoured('`host-gateway` is the builder: steps reach no service of the host'),
	forcerm: honoured('containers of a build are always removed'),
	isolation: honouredExcept('other than `default`', otherThan('default'), 'it is for Windows', 'leave it out'),
	labels: honoured(),
	memory: ofClassic,
	memswap: ofClassic,
	networkmode: honouredExcept('other than `default`, `bridge`, `host` and `none`', otherThan('default', 'bridge', 'host', 'none'), 'the builder has no other networks', 'leave it out, or give none'),
	nocache: honoured(),
	outputs: honoured('by BuildKit'),
	platform: honoured('by BuildKit, whose steps only run programs of the host\'s own; the classic builder has that one alone'),
	pull: honoured(),
	q: honoured(),
	remote: honoured('the builder fetches it'),
	rm: honoured('containers of a build are always removed'),
	securityopt: ofClassic,
	session: honoured('by BuildKit'),
	shmsize: honoured(),
	squash: refused('layers of a build stay apart', 'leave it out, or build in several stages', isSet),
	t: honoured(),
	target: honoured(),
	ulimits: honoured(),
	version: honoured('`2` is BuildKit'),
};

const unlimited = refused('BuildKit does not limit single steps', 'leave it out; holm builder update gives the builder less or more', isLimit);

/** What BuildKit would ignore. */
export const buildKitFields: FieldTable = {
	...buildFields,
	cpuperiod: unlimited,
	cpuquota: unlimited,
	cpusetcpus: unlimited,
	cpusetmems: unlimited,
	cpushares: unlimited,
	memory: unlimited,
	memswap: unlimited,
	securityopt: refused('BuildKit has its own rules for single steps, such as RUN --security', 'leave it out', isSet),
};

/** What an engine without a builder cannot do. */
export const simpleBuildFields: FieldTable = {
	...buildKitFields,
	outputs: refused('the result of a build is an image', 'leave it out, and copy files from a container of the image', isSet),
	remote: refused('the context of a build comes with the request', 'fetch it first and send it', isSet),
	session: refused(...noBuildKit, isSet),
	version: honouredExcept('`2`', value => value === '2', ...noBuildKit),
};
