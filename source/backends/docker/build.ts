import {encodeRegistryConfig} from '../../wire/encode/credentials.js';
import type {BuildVerbs} from '../../engine/build.js';
import type {Client} from './client.js';
import {readProgress} from './progress.js';

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
			rm: true,
			forcerm: true,
		},
		headers: options.credentials?.length ? {'X-Registry-Config': encodeRegistryConfig(options.credentials)} : {},
		tar: context,
		signal: options.signal,
	}),
});
