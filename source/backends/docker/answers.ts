import {Buffer} from 'node:buffer';
import type {IncomingMessage} from 'node:http';
import {errorHeader} from '../../wire/headers.js';
import {decodeError} from '../../wire/decode/error.js';
import {parseJson} from '../../wire/json.js';
import {HolmError} from '../../engine/errors.js';

/** Above any list of containers; it bounds the memory that a faulty engine can take. */
const maximumAnswerBytes = 256 * 1024 * 1024;

/** The whole body of a response. */
export const readText = async (response: IncomingMessage): Promise<string> => {
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of response as AsyncIterable<Uint8Array>) {
		length += chunk.length;
		if (length > maximumAnswerBytes) {
			throw new HolmError('internal', `the engine's answer is larger than ${maximumAnswerBytes} bytes`);
		}

		chunks.push(chunk);
	}

	return Buffer.concat(chunks).toString();
};

const parseOr = (text: string): unknown => {
	try {
		return parseJson(text, 'the answer');
	} catch {
		return {};
	}
};

/** The error in a response; `otherwise` is its message if the engine sends none. */
export const errorOf = async (response: IncomingMessage, otherwise: string): Promise<HolmError> => {
	const status = response.statusCode ?? 500;
	const header = response.headers[errorHeader];
	const text = await readText(response);
	const json = typeof header === 'string' ? parseOr(decodeURIComponent(header)) : parseOr(text);
	return decodeError(typeof json === 'object' && !Array.isArray(json) ? json : {}, status, otherwise || `the engine answered ${status} ${response.statusMessage ?? ''}`.trim());
};
