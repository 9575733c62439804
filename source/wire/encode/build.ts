import type {BuildOptions} from '../../engine/build.js';
import type {Ulimit} from '../../engine/resources.js';
import type {QueryValues} from './query.js';

const encodeUlimits = (ulimits: readonly Ulimit[]) =>
	JSON.stringify(ulimits.map(({name, soft, hard}) => ({Name: name, Soft: soft, Hard: hard})));

/** The query of `POST /build`, of both versions. */
export const encodeBuild = (options: BuildOptions): QueryValues => ({
	t: options.tags,
	dockerfile: options.file,
	buildargs: JSON.stringify(options.buildArguments),
	labels: JSON.stringify(options.labels),
	target: options.target,
	platform: options.platform,
	nocache: options.noCache,
	pull: options.pull,
	extrahosts: options.extraHosts,
	networkmode: options.network,
	shmsize: options.shmBytes,
	ulimits: options.ulimits?.length ? encodeUlimits(options.ulimits) : undefined,
	cachefrom: options.cacheFrom?.length ? JSON.stringify(options.cacheFrom) : undefined,
	outputs: options.takeFiles ? JSON.stringify([{Type: 'tar', Attrs: {}}]) : undefined,
	rm: true,
	forcerm: true,
});
