import {HolmError, type ErrorCode} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import {fieldsOf} from '../fields.js';

const codes: Readonly<Record<ErrorCode, true>> = {
	invalid: true,
	'not-found': true,
	conflict: true,
	'not-modified': true,
	forbidden: true,
	unsupported: true,
	unavailable: true,
	'not-executable': true,
	'command-not-found': true,
	internal: true,
};

const isCode = (code: string): code is ErrorCode => Object.hasOwn(codes, code);

const codesByStatus: Readonly<Record<number, ErrorCode>> = {
	304: 'not-modified',
	400: 'invalid',
	401: 'forbidden',
	403: 'forbidden',
	404: 'not-found',
	409: 'conflict',
	501: 'unsupported',
	503: 'unavailable',
};

/** The error of a response: exactly as Holm's server threw it, or the nearest equivalent of another engine's, in one line. */
export const decodeError = (json: unknown, status: number, fallback: string): HolmError => {
	const fields = fieldsOf(json);
	const code = fields.optionalText('code');
	const message = fields.text('message').split(/[\r\n]+/v).map(line => line.trim()).filter(Boolean).join(' ');
	return new HolmError(code && isCode(code) ? code : codesByStatus[status] ?? 'internal', message || fallback, {
		remedy: fields.optionalText('remedy'),
		retryAfterMs: fields.optionalNumber('retryAfterMs'),
	});
};

/** One line of the response to a pull, push, build or load; throws the error that a line carries. */
export const decodeProgress = (json: unknown): Progress => {
	const fields = fieldsOf(json);
	if (fields.has('error') || fields.has('errorDetail')) {
		const message = fields.object('errorDetail').text('message') || fields.text('error');
		const {code, message: reason, remedy} = decodeError(fields.has('Holm') ? fields.raw.Holm : {message}, 500, 'the engine gave no reason');
		throw new HolmError(code, reason, {remedy, commandStatus: fields.object('errorDetail').optionalNumber('code')});
	}

	const detail = fields.object('progressDetail');
	const aux = fields.object('aux');
	return {
		text: fields.has('stream') ? fields.text('stream') : undefined,
		status: fields.has('status') ? fields.text('status') : undefined,
		id: fields.optionalText('id'),
		current: detail.optionalNumber('current'),
		total: detail.optionalNumber('total'),
		imageId: aux.optionalText('ID'),
	};
};
