import {
	countsOf,
	decodeQuestion,
	flags,
	headerLength,
	rcodes,
	recordSpans,
	types,
	type Message,
	type Question,
} from './message.js';

/** A well-formed standard query. */
export type Query = {
	/** The original message. Its question is echoed unchanged, in the client's spelling. */
	readonly message: Message;
	readonly question: Question;
	/** The header's flags. */
	readonly flags: number;
	/** Present when the client speaks EDNS, RFC 6891. */
	readonly edns?: {
		/** Largest UDP message that the client accepts, in bytes. */
		readonly payloadSize: number;
		readonly version: number;
		readonly dnssecOk: boolean;
	};
};

/**
Decodes a query. Returns a response code if the message must be refused, and undefined if it gets no response.

Responses get no response, or two servers could answer each other forever.
*/
export const decodeQuery = (message: Message): Query | number | undefined => {
	if (message.length < headerLength || message[2]! >= 0x80) {
		return undefined;
	}

	const bits = message.readUInt16BE(2);
	if ((bits & flags.opcode) !== 0) {
		return rcodes.notImplemented;
	}

	// RFC 9619: exactly one question.
	if (message.readUInt16BE(4) !== 1) {
		return rcodes.formatError;
	}

	const question = decodeQuestion(message);
	const spans = question && recordSpans(message, question.end, countsOf(message));
	if (!question || !spans) {
		return rcodes.formatError;
	}

	const options = spans.filter(({type}) => type === types.opt);
	const [option] = options;
	if (!option) {
		return {message, question, flags: bits};
	}

	// RFC 6891 section 6.1: one at most, in the additional section, owned by the root.
	if (options.length > 1 || option.section !== 'additional' || message[option.start] !== 0) {
		return rcodes.formatError;
	}

	return {
		message,
		question,
		flags: bits,
		edns: {
			payloadSize: option.class,
			version: message[option.ttl + 1]!,
			dnssecOk: message[option.ttl + 2]! >= 0x80,
		},
	};
};
