import type {BuilderChannel} from '../../engine/builder.js';
import type {BuildVerbs} from '../../engine/build.js';
import type {Progress} from '../../engine/resources.js';
import {concluded} from '../../rules/images/build-texts.js';
import {credentialsFor} from '../../rules/images/credentials.js';
import {tagName} from '../../rules/images/reference.js';
import type {BuildKitDaemon} from '../../wire/buildkit/build.js';
import {encodeQuery} from '../../wire/encode/query.js';
import {createDockerClient, lostBuilder} from '../builder/docker-client.js';

export const buildVerbs = (channel: BuilderChannel): BuildVerbs => ({
	async * buildImage(tar, options): AsyncGenerator<Progress, void> {
		const {signal, credentials} = options;
		const names = options.tags.map(tag => tagName(tag));
		// The builder may start first.
		tar.on('error', () => undefined);
		const {buildByBuildKit} = await import('../../wire/buildkit/build.js');
		const ending = new AbortController();
		const ended = signal ? AbortSignal.any([signal, ending.signal]) : ending.signal;
		const client = createDockerClient(async () => channel.connect());
		const daemon: BuildKitDaemon = {
			post: async (path, query, body) => client.post(`${path}${encodeQuery(query)}`, {body, signal: ended}),
			upgrade: async (path, protocol, headers) => client.upgrade(path, protocol, headers, ended),
			lost: lostBuilder,
		};
		try {
			const steps = buildByBuildKit(daemon, tar, options, credentialsFor(credentials));
			yield * concluded(steps, names, async () => channel.collect());
		} finally {
			ending.abort();
		}
	},
});
