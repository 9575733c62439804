import type {BuildOptions, BuildVerbs} from '../../engine/build.js';
import {HolmError} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import {concluded} from '../../rules/images/build-texts.js';
import {credentialsFor} from '../../rules/images/credentials.js';
import {tagName} from '../../rules/images/reference.js';
import {encodeBuild} from '../../wire/encode/build.js';
import {encodeRegistryConfig} from '../../wire/encode/credentials.js';
import {endable} from './answer-streams.js';
import type {Client} from './client.js';
import {cancelled, connectionError} from './failures.js';
import {readProgress} from './progress.js';

/** Throws `unsupported` for what only BuildKit can do. */
const assertClassic = ({secrets, agents, takeFiles}: BuildOptions): void => {
	const needed = [...secrets?.size ? ['--secret'] : [], ...agents?.size ? ['--ssh'] : [], ...takeFiles ? ['--output'] : []].join(' and ');
	if (needed !== '') {
		throw new HolmError('unsupported', `this engine builds without BuildKit, which ${needed} needs`, {remedy: `leave out ${needed}`});
	}
};

export const buildVerbs = (client: Client): BuildVerbs => {
	const classic: BuildVerbs['buildImage'] = (context, options) => readProgress(client, '/build', {
		query: encodeBuild(options),
		headers: options.credentials?.length ? {'X-Registry-Config': encodeRegistryConfig(options.credentials)} : {},
		tar: context,
		signal: options.signal,
	});

	return {
		buildImage: (context, options) => endable(async function * (signal): AsyncGenerator<Progress, void> {
			const names = options.tags.map(tag => tagName(tag));
			// The request for it comes later.
			context.on('error', () => undefined);
			if (!await client.hasBuildKit()) {
				assertClassic(options);

				yield * classic(context, {...options, signal});
				return;
			}

			const {buildByBuildKit} = await import('../../wire/buildkit/build.js');
			yield * concluded(buildByBuildKit({
				post: async (path, query, tar) => client.send('POST', path, {query, tar, signal}),
				upgrade: async (path, protocol, headers) => (await client.hijack(path, {headers, signal}, protocol)).socket,
				lost: error => signal.aborted ? cancelled(error) : connectionError(error, client.address),
			}, context, options, credentialsFor(options.credentials)), names);
		}, options.signal),
	};
};
