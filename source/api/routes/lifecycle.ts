import {asHolmError, HolmError} from '../../engine/errors.js';
import {encodeError} from '../../wire/encode/progress.js';
import {encodeEnding, encodeWaitError} from '../../wire/encode/verbs.js';
import {readFields} from '../body.js';
import {decodeUpdate} from '../../wire/decode/update.js';
import {noContent, ok, route, type Exchange} from '../exchange.js';
import {inDockersWords, isOfProgram} from '../failed-starts.js';

/** The limit of Node's timers in seconds: 24 days. */
const forever = 2_147_483;

/** A negative number means no limit. */
const stopOptions = ({query, clientName}: Exchange) => {
	const seconds = query.wholeNumber('t');
	return {
		by: clientName,
		signal: query.text('signal'),
		timeoutSeconds: seconds !== undefined && (seconds < 0 || seconds > forever) ? forever : seconds,
	};
};

const conditions = ['not-running', 'next-exit', 'removed'] as const;

const conditionOf = ({query}: Exchange) => {
	const given = query.text('condition') ?? 'not-running';
	const condition = conditions.find(known => known === given);
	if (!condition) {
		throw new HolmError('invalid', `${JSON.stringify(given.slice(0, 64))} is not a condition to wait for`, {remedy: conditions.join(', ')});
	}

	return condition;
};

/**
Waits and responds with the exit status. The head is sent at once: clients start the container only after it.
*/
const wait = async (exchange: Exchange) => {
	const {engine, name, response, signal} = exchange;
	const waiting = engine.waitContainer(name, conditionOf(exchange), signal);
	waiting.catch(() => undefined);
	await Promise.race([waiting, engine.container(name)]);
	response.setHeader('Content-Type', 'application/json');
	response.flushHeaders();
	const ending = await waiting.then(encodeEnding, encodeWaitError);
	response.end(`${JSON.stringify(ending)}\n`);
	return undefined;
};

const start = async ({engine, name, isHolm, failedStarts}: Exchange) => {
	try {
		await engine.startContainer(name);
	} catch (error) {
		if (isHolm || asHolmError(error).code === 'not-modified') {
			throw error;
		}

		await failedStarts.end(engine, name);
		if (!isOfProgram(asHolmError(error))) {
			throw error;
		}

		// Not the code's status: these clients take 404 for a missing container.
		return {status: 400, json: encodeError(inDockersWords(error))};
	}

	return noContent;
};

export const lifecycleRoutes = [
	route('POST', '/containers/{name}/start', start),
	route('POST', '/containers/{name}/stop', async exchange => {
		await exchange.engine.stopContainer(exchange.name, stopOptions(exchange));
		return noContent;
	}),
	route('POST', '/containers/{name}/restart', async exchange => {
		await exchange.engine.restartContainer(exchange.name, stopOptions(exchange));
		return noContent;
	}),
	route('POST', '/containers/{name}/kill', async ({engine, name, query, clientName}) => {
		await engine.killContainer(name, query.text('signal'), {by: clientName});
		return noContent;
	}),
	route('POST', '/containers/{name}/pause', async ({engine, name}) => {
		await engine.pauseContainer(name);
		return noContent;
	}),
	route('POST', '/containers/{name}/unpause', async ({engine, name}) => {
		await engine.unpauseContainer(name);
		return noContent;
	}),
	route('POST', '/containers/{name}/wait', wait),
	route('POST', '/containers/{name}/update', async exchange => {
		const {update, warnings} = decodeUpdate(await readFields(exchange));
		const updated = await exchange.engine.updateContainer(exchange.name, update);
		return ok({Warnings: [...warnings, ...updated.warnings]});
	}),
];
