import {encodeRegistryConfig} from '../../wire/encode/credentials.js';
import type {BuildVerbs} from '../../engine/build.js';
import type {Ulimit} from '../../engine/resources.js';
import type {Client} from './client.js';
import {readProgress} from './progress.js';

const encodeUlimits = (ulimits: readonly Ulimit[]) =>
	JSON.stringify(ulimits.map(({name, soft, hard}) => ({Name: name, Soft: soft, Hard: hard})));

export const buildVerbs = (client: Client): BuildVerbs => ({
	buildImage: (context, options) => readProgress(client, '/build', {
		query: {
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
			rm: true,
			forcerm: true,
		},
		headers: options.credentials?.length ? {'X-Registry-Config': encodeRegistryConfig(options.credentials)} : {},
		tar: context,
		signal: options.signal,
	}),
});
