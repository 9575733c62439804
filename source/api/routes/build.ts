import type {Progress} from '../../engine/resources.js';
import {assertTarType} from '../access.js';
import {buildFields} from '../../wire/decode/fields/build.js';
import {checkFields} from '../../wire/decode/fields/check.js';
import {decodeRegistryConfig} from '../../wire/decode/credentials.js';
import {encodeProgress, encodeProgressError} from '../../wire/encode/progress.js';
import {ok, route, type Exchange} from '../exchange.js';
import {line, sendValues} from '../streams.js';
import {upload} from '../upload.js';

/** Builds an image as Docker's classic builder does. */
const build = async (exchange: Exchange): Promise<undefined> => {
	const {engine, query, request, signal} = exchange;
	const warnings = checkFields(buildFields, query.raw);
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
	route('POST', '/build', build),
	// There is no build cache apart from the images.
	route('POST', '/build/prune', async () => ok({CachesDeleted: [], SpaceReclaimed: 0})),
];
