import type {Buffer} from 'node:buffer';
import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Duplex} from 'node:stream';
import type {Engine} from '../engine/engine.js';
import type {ExecNotes} from './exec-notes.js';
import type {FailedStarts} from './failed-starts.js';
import type {Query} from './query.js';

/** One request, with all that its handler needs. */
export type Exchange = {
	readonly engine: Engine;
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	/** The name or id in the path; empty if the path has none. */
	readonly name: string;
	readonly query: Query;
	/** Minor number of the client's API version: 47 for 1.47. */
	readonly minorVersion: number;
	/** What the client calls itself; undefined if it does not say. */
	readonly clientName?: string;
	/** The client is Holm's own. */
	readonly isHolm: boolean;
	/** The client asks to upgrade the connection. */
	readonly isUpgrade: boolean;
	/** Aborts if the client disconnects before the response is complete. */
	readonly signal: AbortSignal;
	/** The whole body of the request; throws `invalid` if it is too large or does not arrive in time. */
	readonly body: () => Promise<Buffer>;
	readonly failedStarts: FailedStarts;
	readonly execNotes: ExecNotes;
	/** Milliseconds that a client may take for the head, a JSON body, or closing the connection. */
	readonly patienceMilliseconds: number;
	/** Hijacks the connection from HTTP; nothing has been written to it. Nothing else of this exchange may be used afterwards. */
	readonly takeOver: () => Duplex;
};

export type Answer = {readonly status: number; readonly json?: unknown};

/** Handles a request. Resolves with undefined if it has written the response itself. */
export type Handler = (exchange: Exchange) => Promise<Answer | undefined>;

export type Route = {
	readonly method: string;
	readonly pattern: RegExp;
	readonly handle: Handler;
};

/** A route. In its path, `{name}` matches one segment and `{image}` one or several, as image names have slashes. */
export const route = (method: string, path: string, handle: Handler): Route => ({
	method,
	// Docker's clients may prepend a slash to container names.
	pattern: new RegExp(`^${path.replace('{name}', String.raw`/?(?<name>[^\/]+)`).replace('{image}', '(?<name>.+)')}$`, 'v'),
	handle,
});

export const ok = (json?: unknown): Answer => ({status: 200, json});
export const created = (json?: unknown): Answer => ({status: 201, json});
export const noContent: Answer = {status: 204};
