import {HolmError} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import {assertTarType} from '../access.js';
import {decodeRegistryAuth} from '../../wire/decode/credentials.js';
import {encodeProgress, encodeProgressError} from '../../wire/encode/progress.js';
import {route, type Exchange, type Handler} from '../exchange.js';
import {joinTag} from '../../wire/image-names.js';
import {line, sendBytes, sendValues} from '../streams.js';
import {tarUpload} from '../upload.js';
import {build} from './build.js';

const sendProgress = async (exchange: Exchange, steps: AsyncIterable<Progress>) => sendValues(exchange, steps, {
	contentType: 'application/json',
	encode: step => line(encodeProgress(step)),
	encodeError: error => line(encodeProgressError(error)),
});

const pull = async (exchange: Exchange) => {
	const {engine, query, request, signal} = exchange;
	const name = query.text('fromImage');
	if (query.text('fromSrc')) {
		throw new HolmError('unsupported', 'importing an image from a file system is not supported', {remedy: 'build it from a Dockerfile, or load a saved one'});
	}

	if (!name) {
		throw new HolmError('invalid', 'fromImage is missing: the name of the image to pull');
	}

	return sendProgress(exchange, engine.pullImage(joinTag(name, query.text('tag')), {
		credentials: decodeRegistryAuth(request.headers['x-registry-auth']),
		platform: query.text('platform'),
		signal,
	}));
};

const save = async (exchange: Exchange, names: readonly string[]) => {
	if (names.length === 0) {
		throw new HolmError('invalid', 'names is missing: the images to save');
	}

	return sendBytes(exchange, await exchange.engine.saveImages(names), 'application/x-tar');
};

const refuse = (what: string): Handler => async () => {
	throw new HolmError('unsupported', `${what} is not supported`);
};

/** Images on their way here, from here, and in the making. */
export const imageTransferRoutes = [
	route('POST', '/images/create', pull),
	route('GET', '/images/search', refuse('searching a registry')),
	route('GET', '/images/get', async exchange => save(exchange, exchange.query.all('names'))),
	route('GET', '/images/{image}/get', async exchange => save(exchange, [exchange.name])),
	route('POST', '/images/load', async exchange => {
		assertTarType(exchange.request);
		return sendProgress(exchange, exchange.engine.loadImages(await tarUpload(exchange)));
	}),
	route('POST', '/images/{image}/push', async exchange => {
		const {engine, name, query, request, signal} = exchange;
		return sendProgress(exchange, engine.pushImage(joinTag(name, query.text('tag')), {
			credentials: decodeRegistryAuth(request.headers['x-registry-auth']),
			signal,
		}));
	}),
	route('GET', '/distribution/{image}/json', refuse('asking a registry about an image')),
	route('POST', '/build', build),
	// There is no cache of builds apart from the images.
	route('POST', '/build/prune', async () => ({status: 200, json: {CachesDeleted: [], SpaceReclaimed: 0}})),
];
