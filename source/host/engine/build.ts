import type {BuilderChannel} from '../../engine/builder.js';
import type {BuildVerbs} from '../../engine/build.js';
import {HolmError} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import {conclusionOf} from '../../rules/images/build-texts.js';
import {credentialsFor} from '../../rules/images/credentials.js';
import {tagName} from '../../rules/images/reference.js';
import type {BuildKitDaemon} from '../../wire/buildkit/build.js';
import {encodeQuery} from '../../wire/encode/query.js';
import {createDockerClient, lostBuilder} from '../builder/docker-client.js';
import {ownPlatform, platformName} from './platform.js';

export const buildVerbs = (channel: BuilderChannel): BuildVerbs => ({
	async * buildImage(tar, options): AsyncGenerator<Progress, void> {
		const {platform, signal, credentials, secrets = new Map()} = options;
		const names = options.tags.map(tag => tagName(tag));
		if (platform !== undefined && platformName(platform) !== ownPlatform()) {
			throw new HolmError('unsupported', `an image for ${JSON.stringify(platform.slice(0, 60))} cannot be built on this host: its VMs are ${ownPlatform()}`, {remedy: 'leave out the platform'});
		}

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
			for await (const step of buildByBuildKit(daemon, tar, options, {credentials: credentialsFor(credentials), secrets})) {
				if (step.imageId === undefined) {
					yield step;
				} else {
					await channel.collect();
					yield * conclusionOf(step.imageId, names);
				}
			}
		} finally {
			ending.abort();
		}
	},
});
