import {HolmError} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import {assertTarType} from '../access.js';
import {decodeRegistryConfig} from '../../wire/decode/credentials.js';
import {encodeProgress, encodeProgressError} from '../../wire/encode/progress.js';
import {ok, route, type Exchange} from '../exchange.js';
import {line, sendValues} from '../streams.js';
import {upload} from '../upload.js';

/** Builds an image as Docker's classic builder does. */
const build = async (exchange: Exchange): Promise<undefined> => {
	const {engine, query, request, signal} = exchange;
	if (query.text('version') === '2') {
		throw new HolmError('unsupported', 'BuildKit is not supported', {remedy: 'set DOCKER_BUILDKIT=0'});
	}

	if (query.text('remote')) {
		throw new HolmError('unsupported', 'a remote build context is not supported', {remedy: 'fetch it first and send it'});
	}

	assertTarType(request);
	const tags = query.all('t');
	const isQuiet = query.flag('q');
	const steps = engine.buildImage(upload(exchange), {
		tags,
		file: query.text('dockerfile'),
		buildArguments: query.textMap('buildargs'),
		labels: query.textMap('labels'),
		target: query.text('target'),
		noCache: query.flag('nocache'),
		pull: query.flag('pull'),
		credentials: decodeRegistryConfig(request.headers['x-registry-config']),
		signal,
	});
	const encode = (step: Progress): string => {
		if (isQuiet) {
			return step.imageId === undefined ? '' : line({stream: `${step.imageId}\n`});
		}

		return line(encodeProgress(step));
	};

	return sendValues(exchange, steps, {
		contentType: 'application/json',
		encode,
		encodeError: error => line(encodeProgressError(error)),
	});
};

export const buildRoutes = [
	route('POST', '/build', build),
	// There is no build cache apart from the images.
	route('POST', '/build/prune', async () => ok({CachesDeleted: [], SpaceReclaimed: 0})),
];
