import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import {builderOf, type BuilderChannel, type BuilderConfiguration} from '../../engine/builder.js';
import type {Engine} from '../../engine/engine.js';
import {asHolmError, HolmError} from '../../engine/errors.js';
import {refuseCalls} from '../../wire/buildkit/calls.js';
import {fieldsOf} from '../../wire/fields.js';
import {parseJson} from '../../wire/json.js';
import {writeSlowly} from '../../wire/write-slowly.js';
import {noBuildKit} from '../../wire/decode/fields/build.js';
import {encodeProgressError} from '../../wire/encode/progress.js';
import {splitVersion} from '../../wire/versions.js';
import {noContent, ok, route, type Exchange, type Handler} from '../exchange.js';
import {line} from '../streams.js';
import {upload} from '../upload.js';

const http = process.getBuiltinModule('node:http');

const [reason, remedy] = noBuildKit;

const channelOf = ({builderChannel}: Pick<Engine, 'builderChannel'>): BuilderChannel => {
	if (!builderChannel) {
		throw new HolmError('unsupported', reason, {remedy});
	}

	return builderChannel;
};

/** The path without the client's version of the API, which may be newer than the builder's. */
const pathOf = ({url = ''}: IncomingMessage): string => splitVersion(url).path;

/** The head of a request as it came. */
const headOf = (request: IncomingMessage): string => {
	const {rawHeaders} = request;
	const headers = rawHeaders.flatMap((name, index) => index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]!}\r\n`] : []);
	return `${request.method} ${pathOf(request)} HTTP/1.1\r\n${headers.join('')}\r\n`;
};

/** Connects the client with the builder in both directions, from its request on. */
const carryTo = (exchange: Exchange, stream: Duplex): void => {
	const client = exchange.takeOver();
	const end = () => {
		client.destroy();
		stream.destroy();
	};

	for (const side of [client, stream]) {
		side.on('error', end);
		side.on('close', end);
	}

	// The builder may have taken longer to start than the client's patience.
	if (client.destroyed) {
		end();
		return;
	}

	stream.write(headOf(exchange.request));
	client.pipe(stream);
	stream.pipe(client);
};

const carry: Handler = async exchange => {
	carryTo(exchange, await channelOf(exchange.engine).connect());
	return undefined;
};

/**
As `carry`, but refuses the calls instead of the connection if the builder does not start.

A refused connection means to buildx that there is no BuildKit: it would build in a container of its own, from an image that it pulls, and say nothing of the reason. Source: docker/buildx, driver/docker/factory.go, Priority.

The connection waits for the builder, also that of clients which only list builders and look alike: once it is there, buildx gives the first call of a build 15 seconds, in which an emulated machine does not start.
*/
const carryCalls: Handler = async exchange => {
	const channel = channelOf(exchange.engine);
	let stream: Duplex;
	try {
		stream = await channel.connect();
	} catch (error) {
		if (!exchange.isUpgrade) {
			throw error;
		}

		const failure = asHolmError(error);
		const client = exchange.takeOver();
		client.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
		refuseCalls(client, failure.remedy === undefined ? failure.message : `${failure.message} (${failure.remedy})`, exchange.patienceMilliseconds);
		return undefined;
	}

	carryTo(exchange, stream);
	return undefined;
};

/** Sends a request to the builder, and its answer to the client, after `preface`. What was built is in the engine when the answer ends. */
export const forwardBuild = async (exchange: Exchange, preface = ''): Promise<undefined> => {
	const {engine, request, response, signal} = exchange;
	const channel = channelOf(engine);
	const stream = await channel.connect();
	const {promise, resolve, reject} = Promise.withResolvers<IncomingMessage>();
	const names = ['content-type', 'content-length', 'x-registry-config', 'content-encoding'];
	const sent = http.request({
		method: 'POST',
		path: pathOf(request),
		headers: {Host: 'builder', ...Object.fromEntries(names.flatMap(name => request.headers[name] === undefined ? [] : [[name, request.headers[name]]]))},
		createConnection: () => stream,
	}, resolve);
	const leave = () => {
		stream.destroy();
	};

	signal.addEventListener('abort', leave);
	if (signal.aborted) {
		leave();
	}

	sent.on('error', error => {
		reject(new HolmError('unavailable', `the builder ended during the request: ${error.message}`, {remedy: 'holm builder logs may say why', cause: error}));
	});
	upload(exchange).on('error', leave).pipe(sent);
	try {
		const answer = await promise;
		response.writeHead(answer.statusCode ?? 500, {'Content-Type': answer.headers['content-type'] ?? 'application/json'});
		try {
			response.write(preface);
			for await (const chunk of answer) {
				await writeSlowly(response, chunk as Uint8Array);
			}

			await channel.collect();
		} catch (error) {
			const failure = error instanceof HolmError ? error : new HolmError('unavailable', 'the builder ended during the build', {remedy: 'build again; holm builder logs may say why', cause: error});
			response.write(line(encodeProgressError(failure)));
		}

		response.end();
	} finally {
		signal.removeEventListener('abort', leave);
		stream.destroy();
	}

	return undefined;
};

const decodeChange = (json: unknown): Partial<BuilderConfiguration> => {
	const fields = fieldsOf(json);
	const change = {
		cpus: fields.optionalNumber('cpus'), memoryBytes: fields.optionalNumber('memoryBytes'), diskBytes: fields.optionalNumber('diskBytes'), keepSeconds: fields.optionalNumber('keepSeconds'),
	};
	return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
};

export const builderRoutes = [
	route('POST', '/session', carry),
	route('POST', '/grpc', carryCalls),
	route('POST', '/build/cancel', async exchange => forwardBuild(exchange)),
	route('GET', '/holm/builder', async ({engine}) => ok(await builderOf(engine).status())),
	route('GET', '/holm/builder/steps', async ({engine}) => ok({steps: await builderOf(engine).steps()})),
	route('POST', '/holm/builder/start', async ({engine}) => {
		await builderOf(engine).start();
		return noContent;
	}),
	route('POST', '/holm/builder/stop', async ({engine, query}) => {
		await builderOf(engine).stop({isForced: query.flag('force')});
		return noContent;
	}),
	route('POST', '/holm/builder/update', async ({engine, body}) => {
		await builderOf(engine).update(decodeChange(parseJson((await body()).toString(), 'the body')));
		return noContent;
	}),
	route('POST', '/holm/builder/prune', async ({engine}) => ok(await builderOf(engine).prune())),
	route('DELETE', '/holm/builder', async ({engine, query}) => {
		await builderOf(engine).remove({isForced: query.flag('force')});
		return noContent;
	}),
];
