import type {IncomingMessage} from 'node:http';

/** Whether a request is for a session through a WebSocket. */
export const isWebSocketRoute = ({method, url}: IncomingMessage): boolean =>
	method === 'GET' && /^(?:\/v[\d.]+)?\/containers\/[^?#]+\/attach\/ws(?:\?|$)/v.test(url ?? '');

/** Whether a request starts a session on its connection. */
export const isHijackRoute = (request: IncomingMessage): boolean => isWebSocketRoute(request)
	|| (request.method === 'POST' && /^(?:\/v[\d.]+)?\/(?:containers\/[^?#]+\/attach|exec\/[^?#]+\/start|session|grpc)(?:\?|$)/v.test(request.url ?? ''));
