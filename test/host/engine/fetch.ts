import {get as request, type IncomingMessage} from 'node:http';
import {text} from 'node:stream/consumers';

const limitMs = 2000;

/** Fetches a URL over a new connection. Rejects without an answer within two seconds. */
export const get = async (url: string): Promise<string> => {
	const response = await new Promise<IncomingMessage>((resolve, reject) => {
		const sent = request(url, {agent: false, signal: AbortSignal.timeout(limitMs)}, resolve);
		sent.on('error', reject);
	});
	return text(response);
};
