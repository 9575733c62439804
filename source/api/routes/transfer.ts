import {asHolmError, HolmError} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import {assertTarType} from '../access.js';
import {readFields} from '../body.js';
import {decodeCredentials, decodeRegistryAuth} from '../../wire/decode/credentials.js';
import {checkFields} from '../../wire/decode/fields/check.js';
import {imageLoadFields, imageSaveFields} from '../../wire/decode/fields/images.js';
import {decodePlatform} from '../../wire/decode/platform.js';
import {encodeRegistryImage} from '../../wire/encode/registry-image.js';
import {encodeError, encodeProgress, encodeProgressError} from '../../wire/encode/progress.js';
import {ok, route, type Exchange, type Handler} from '../exchange.js';
import {joinTag} from '../../wire/image-names.js';
import {line, sendBytes, sendValues} from '../streams.js';
import {tarUpload, upload} from '../upload.js';

const sendProgress = async (
	exchange: Exchange,
	steps: AsyncIterable<Progress>,
	{isAlwaysSuccessful = false} = {},
) => sendValues(exchange, steps, {
	isAlwaysSuccessful,
	contentType: 'application/json',
	encode: step => line(encodeProgress(step)),
	encodeError: error => line(encodeProgressError(error)),
});

/** `docker import`: answers with the new image's id. Docker's client sends the tar as `text/plain`. */
const importImage = async (exchange: Exchange) => {
	const {engine, query} = exchange;
	if (query.text('fromSrc') !== '-') {
		throw new HolmError('unsupported', 'an image is imported from the body of the request alone, fromSrc=-', {remedy: 'fetch the file and import it'});
	}

	const repository = query.text('repo');
	const {id} = await engine.importImage(upload(exchange), {
		tag: repository === undefined ? undefined : joinTag(repository, query.text('tag')),
		message: query.text('message'),
		changes: query.changes(),
		platform: query.text('platform'),
	});
	exchange.response.setHeader('Content-Type', 'application/json');
	exchange.response.end(line({status: id}));
	return undefined;
};

const pull = async (exchange: Exchange) => {
	const {engine, query, request, signal} = exchange;
	const name = query.text('fromImage');
	if (query.text('fromSrc')) {
		return importImage(exchange);
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

/** The platform of the images in an archive, which Docker's API has since 1.48. */
const platformOf = ({query, minorVersion}: Exchange): string | undefined => {
	const text = minorVersion < 48 ? undefined : query.text('platform');
	return text === undefined ? undefined : decodePlatform(text);
};

const save = async (exchange: Exchange, names: readonly string[]) => {
	if (names.length === 0) {
		throw new HolmError('invalid', 'names is missing: the images to save');
	}

	checkFields(imageSaveFields, exchange.query.raw);
	return sendBytes(exchange, await exchange.engine.saveImages(names, {platform: platformOf(exchange)}), 'application/x-tar');
};

const refuse = (what: string): Handler => async () => {
	throw new HolmError('unsupported', `${what} is not supported`);
};

const checkCredentials = async (exchange: Exchange) => {
	const credentials = decodeCredentials(await readFields(exchange));
	if (!credentials) {
		throw new HolmError('invalid', 'username is missing: there is nothing to log in with');
	}

	try {
		await exchange.engine.checkCredentials(credentials);
	} catch (error) {
		if (asHolmError(error).code !== 'forbidden') {
			throw error;
		}

		// Docker's clients ask for the password again only on this status.
		return {status: 401, json: encodeError(error)};
	}

	return ok({Status: 'Login Succeeded', IdentityToken: ''});
};

export const transferRoutes = [
	route('POST', '/images/create', pull),
	route('GET', '/images/search', refuse('searching a registry')),
	route('GET', '/images/get', async exchange => save(exchange, exchange.query.all('names'))),
	route('GET', '/images/{image}/get', async exchange => save(exchange, [exchange.name])),
	route('POST', '/images/load', async exchange => {
		assertTarType(exchange.request);
		checkFields(imageLoadFields, exchange.query.raw);
		const platform = platformOf(exchange);
		// As in Docker, also a load that fails at once has status 200: docker-py has an error of its own for it.
		return sendProgress(exchange, exchange.engine.loadImages(await tarUpload(exchange), {platform}), {isAlwaysSuccessful: true});
	}),
	route('POST', '/images/{image}/push', async exchange => {
		const {engine, name, query, request, signal} = exchange;
		return sendProgress(exchange, engine.pushImage(joinTag(name, query.text('tag')), {
			credentials: decodeRegistryAuth(request.headers['x-registry-auth']),
			signal,
		}));
	}),
	route('GET', '/distribution/{image}/json', async ({engine, name, request, signal}) => ok(encodeRegistryImage(await engine.registryImage(name, {
		credentials: decodeRegistryAuth(request.headers['x-registry-auth']),
		signal,
	})))),
	route('POST', '/auth', checkCredentials),
];
