import {type Buffer} from 'node:buffer';
import {type IncomingMessage, type ServerResponse} from 'node:http';
import {type Duplex} from 'node:stream';
import type {Engine} from '../engine/engine.js';
import type {ExecNotes} from './exec-notes.js';
import type {FailedStarts} from './failed-starts.js';
import type {Query} from './query.js';

/** One request and what is needed to answer it. */
export type Exchange = {
	readonly engine: Engine;
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	/** The name or id within the path; empty where the path has none. */
	readonly name: string;
	readonly query: Query;
	/** Of the API's version that the client speaks: 47 for 1.47. */
	readonly minorVersion: number;
	/** The client is Holm's own. */
	readonly isHolm: boolean;
	/** The client asks to go on with another protocol on the same connection. */
	readonly isUpgrade: boolean;
	/** Aborts when the client goes before it has its whole answer. */
	readonly signal: AbortSignal;
	/** The whole body of the request; throws `invalid` for one that is too large or does not come. */
	readonly body: () => Promise<Buffer>;
	readonly failedStarts: FailedStarts;
	readonly execNotes: ExecNotes;
	/** How long a client may take for what takes no time. */
	readonly patienceMilliseconds: number;
	/** Takes the connection away from HTTP, without a byte written. Nothing else of this exchange may be used afterwards. */
	readonly takeOver: () => Duplex;
};

export type Answer = {readonly status: number; readonly json?: unknown};

/** Answers a request. One that has written its answer itself resolves with nothing. */
export type Handler = (exchange: Exchange) => Promise<Answer | undefined>;

export type Route = {
	readonly method: string;
	readonly pattern: RegExp;
	readonly handle: Handler;
};

/** A route of a path in which `{name}` is one part and `{image}` is one or several, because names of images have slashes. */
export const route = (method: string, path: string, handle: Handler): Route => ({
	method,
	// Docker's clients write the slash that container names once began with.
	pattern: new RegExp(`^${path.replace('{name}', String.raw`/?(?<name>[^\/]+)`).replace('{image}', '(?<name>.+)')}$`, 'v'),
	handle,
});

export const ok = (json?: unknown): Answer => ({status: 200, json});
export const created = (json?: unknown): Answer => ({status: 201, json});
export const noContent: Answer = {status: 204};
