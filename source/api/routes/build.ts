import type {BuildOptions} from '../../engine/build.js';
import {HolmError} from '../../engine/errors.js';
import type {Progress, Ulimit} from '../../engine/resources.js';
import {fieldsOf} from '../../wire/fields.js';
import {parseJson} from '../../wire/json.js';
import type {Query} from '../query.js';
import {assertTarType} from '../access.js';
import {buildFields, buildKitFields, simpleBuildFields} from '../../wire/decode/fields/build.js';
import {checkFields} from '../../wire/decode/fields/check.js';
import {decodeRegistryConfig} from '../../wire/decode/credentials.js';
import {encodeProgress, encodeProgressError} from '../../wire/encode/progress.js';
import {ok, route, type Exchange} from '../exchange.js';
import {line, sendValues} from '../streams.js';
import {upload} from '../upload.js';
import {forwardBuild} from './builder.js';

const decodeUlimits = (text: string | undefined): readonly Ulimit[] => {
	const ulimits = fieldsOf({ulimits: text === undefined ? [] : parseJson(text, 'ulimits')}).objects('ulimits')
		.map(limit => ({name: limit.text('Name'), soft: limit.number('Soft'), hard: limit.number('Hard')}));
	const broken = ulimits.find(({name}) => !/^[a-z]+$/v.test(name));
	if (broken) {
		throw new HolmError('invalid', `ulimits: ${JSON.stringify(broken.name.slice(0, 64))} is not the name of a limit`, {remedy: 'such as nofile'});
	}

	return ulimits;
};

/** What applies to the steps of a build. Docker's clients send the hosts one by one, others as a list in JSON or with commas. */
const decodeBuildLimits = (query: Query): Pick<BuildOptions, 'extraHosts' | 'network' | 'shmBytes' | 'ulimits'> => {
	const extraHosts = query.all('extrahosts').flatMap(text => text.startsWith('[') && text.endsWith(']') && text.includes('"')
		? fieldsOf({extrahosts: parseJson(text, 'extrahosts')}).texts('extrahosts')
		: text.split(',')).filter(host => host !== '' && host !== 'null');
	return {
		extraHosts,
		network: query.text('networkmode') === 'none' ? 'none' : undefined,
		shmBytes: query.wholeNumber('shmsize') || undefined,
		ulimits: decodeUlimits(query.text('ulimits')),
	};
};

const processors: Readonly<Record<string, string>> = {x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64'};

/** The classic builder would name the other platform in an image of the host's. BuildKit takes base images of it, or says that there are none. */
const assertOwnPlatform = async ({engine, query}: Exchange): Promise<void> => {
	const platform = query.text('platform');
	if (!platform) {
		return;
	}

	const {os, architecture} = await engine.version();
	const [system, processor = architecture] = platform.toLowerCase().split('/');
	if (system !== os || (processors[processor] ?? processor) !== architecture) {
		throw new HolmError('unsupported', `an image for ${JSON.stringify(platform.slice(0, 60))} cannot be built on this host: its VMs are ${os}/${architecture}`, {remedy: 'leave out the platform, or build with BuildKit'});
	}
};

/** Builds an image by the builder, in its words. */
const buildThere = async (exchange: Exchange): Promise<undefined> => {
	const {query, request} = exchange;
	const isBuildKit = query.text('version') === '2';
	if (!isBuildKit) {
		await assertOwnPlatform(exchange);
	}

	const warnings = checkFields(isBuildKit ? buildKitFields : buildFields, query.raw);
	assertTarType(request);
	return forwardBuild(exchange, warnings.map(text => line({stream: `[Warning] ${text}\n`})).join(''));
};

/** Builds an image by an engine without a builder, in the words of Docker's classic one. */
const buildHere = async (exchange: Exchange): Promise<undefined> => {
	const {engine, query, request, signal} = exchange;
	const warnings = checkFields(simpleBuildFields, query.raw);
	assertTarType(request);
	const tags = query.all('t');
	const isQuiet = query.flag('q');
	const steps = engine.buildImage(upload(exchange), {
		tags,
		file: query.text('dockerfile'),
		buildArguments: query.textMap('buildargs'),
		labels: query.textMap('labels'),
		target: query.text('target'),
		platform: query.text('platform'),
		noCache: query.flag('nocache'),
		pull: query.flag('pull'),
		...decodeBuildLimits(query),
		credentials: decodeRegistryConfig(request.headers['x-registry-config']),
		signal,
	});
	// They come before the first output.
	const unsaid = [...warnings];
	const encode = (step: Progress): string => {
		if (isQuiet) {
			return step.imageId === undefined ? '' : line({stream: `${step.imageId}\n`});
		}

		const said = unsaid.splice(0).map(text => line({stream: `[Warning] ${text}\n`})).join('');
		return said + line(encodeProgress(step));
	};

	return sendValues(exchange, steps, {
		contentType: 'application/json',
		encode,
		encodeError: error => line(encodeProgressError(error)),
	});
};

export const buildRoutes = [
	route('POST', '/build', async exchange => exchange.engine.builderChannel ? buildThere(exchange) : buildHere(exchange)),
	// Without a builder there is no cache apart from the images.
	route('POST', '/build/prune', async ({engine}) => {
		const {removed, freedBytes} = await engine.builder?.prune() ?? {removed: [], freedBytes: 0};
		return ok({CachesDeleted: removed, SpaceReclaimed: freedBytes});
	}),
];
