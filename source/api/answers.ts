import {Buffer} from 'node:buffer';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {asHolmError, httpStatusOf} from '../engine/errors.js';
import {encodeError} from '../wire/encode/progress.js';
import {errorHeader, holmMediaType} from '../wire/headers.js';
import type {Answer} from './exchange.js';

/** Bound of an error in a header, in characters; longer ones are cut. */
const maximumErrorHeader = 4096;

const describe = (error: unknown): string => {
	const {message, code, remedy} = encodeError(error);
	const header = encodeURIComponent(JSON.stringify({message, code, remedy}).toWellFormed());
	return header.length <= maximumErrorHeader
		? header
		: encodeURIComponent(JSON.stringify({message: message.toWellFormed().slice(0, 256), code}));
};

/** Whether the client restores errors from all their fields. */
export const isHolms = ({headers}: IncomingMessage): boolean => headers.accept?.includes(holmMediaType) ?? false;

/** The body of an error. Docker's clients print the message alone, which names the remedy for what Holm has not, and is Docker's for the rest. */
const bodyOf = (error: unknown, request: IncomingMessage) => {
	const body = encodeError(error);
	const {code, message, remedy} = body;
	return code === 'unsupported' && remedy !== undefined && !isHolms(request) ? {...body, message: `${message} (${remedy})`} : body;
};

/** Writes a whole response and ends it. */
export const sendAnswer = (response: ServerResponse, {status, json}: Answer): void => {
	response.statusCode = status;
	if (json === undefined) {
		response.removeHeader('Content-Type');
		if (status !== 204 && status !== 304) {
			response.setHeader('Content-Length', 0);
		}

		response.end();
		return;
	}

	const body = Buffer.from(`${JSON.stringify(json)}\n`);
	response.setHeader('Content-Type', 'application/json');
	response.setHeader('Content-Length', body.length);
	response.end(body);
};

/** Responds with an error. A response that has begun is aborted instead: nothing else tells the client that it is incomplete. */
export const sendError = (response: ServerResponse, error: unknown, status = httpStatusOf(asHolmError(error).code)): void => {
	if (response.headersSent) {
		response.destroy();
		return;
	}

	if (status === 304 || response.req.method === 'HEAD') {
		response.setHeader(errorHeader, describe(error));
		sendAnswer(response, {status});
		return;
	}

	sendAnswer(response, {status, json: bodyOf(error, response.req)});
};
