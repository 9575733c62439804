import {Buffer} from 'node:buffer';

export type Message = Buffer;

/** Response codes, RFC 1035 section 4.1.1 and RFC 6891 section 9. */
export const rcodes = {
	noError: 0, formatError: 1, serverFailure: 2, nameError: 3, notImplemented: 4, refused: 5, badVersion: 16,
} as const;

/** Bits of the header's second 16-bit field, RFC 1035 section 4.1.1 and RFC 4035 section 3.2. */
export const flags = {
	response: 0x80_00,
	opcode: 0x78_00,
	authoritative: 0x04_00,
	truncated: 0x02_00,
	recursionDesired: 0x01_00,
	recursionAvailable: 0x00_80,
	authenticData: 0x00_20,
	checkingDisabled: 0x00_10,
} as const;

export const types = {
	a: 1, soa: 6, ptr: 12, aaaa: 28, opt: 41, ixfr: 251, axfr: 252, any: 255,
} as const;

export const headerLength = 12;

/**
Largest UDP message in bytes, offered and accepted. It fits the smallest IPv6 packet, so nothing is fragmented (DNS flag day 2020).
*/
export const udpPayloadLimit = 1232;

/** Largest UDP message without EDNS, RFC 1035 section 4.2.1. */
export const plainPayloadLimit = 512;

/** Position of a resource record in its message. */
export type RecordSpan = {
	readonly section: 'answer' | 'authority' | 'additional';
	readonly type: number;
	readonly class: number;
	readonly start: number;
	/** Offset of the TTL's four bytes. */
	readonly ttl: number;
	/** Offset of the data, which ends at `end`. */
	readonly data: number;
	readonly end: number;
};

/** The offset after the name at `offset`; undefined if it is malformed. Compression pointers end a name and are not followed, so they cannot cause loops. */
const skipName = (message: Message, offset: number): number | undefined => {
	while (offset < message.length) {
		const length = message[offset]!;
		if (length === 0) {
			return offset + 1;
		}

		if (length >= 0xC0) {
			return offset + 2;
		}

		if (length > 63) {
			return undefined;
		}

		offset += 1 + length;
	}

	return undefined;
};

/**
The positions of a message's records from `offset` on; undefined if the message is truncated. `counts` has the number of records per section, as in the header.

Forwarded answers are not decoded further. Only their TTLs change, so records of unknown types pass too.
*/
export const recordSpans = (message: Message, offset: number, counts: readonly number[]): RecordSpan[] | undefined => {
	const spans: RecordSpan[] = [];
	for (const [index, section] of (['answer', 'authority', 'additional'] as const).entries()) {
		for (let count = counts[index] ?? 0; count > 0; count--) {
			const start = offset;
			const fixed = skipName(message, offset);
			if (fixed === undefined || fixed + 10 > message.length) {
				return undefined;
			}

			const data = fixed + 10;
			offset = data + message.readUInt16BE(fixed + 8);
			if (offset > message.length) {
				return undefined;
			}

			spans.push({
				section, type: message.readUInt16BE(fixed), class: message.readUInt16BE(fixed + 2), start, ttl: fixed + 4, data, end: offset,
			});
		}
	}

	return spans;
};

/** The number of records in the answer, authority and additional section, by the header. */
export const countsOf = (message: Message): [number, number, number] =>
	[message.readUInt16BE(6), message.readUInt16BE(8), message.readUInt16BE(10)];

export type Question = {
	/** Lower case, without the final dot; a dot or a backslash within a label is escaped with a backslash. Empty for the root. */
	readonly name: string;
	readonly labels: readonly string[];
	readonly type: number;
	readonly class: number;
	/** Offset after the question. */
	readonly end: number;
};

/** The only question of a message; undefined if it is malformed. Compression is malformed here, because no name precedes the question. */
export const decodeQuestion = (message: Message): Question | undefined => {
	const labels: string[] = [];
	let offset = headerLength;
	for (let length = message[offset]; length !== 0; length = message[offset]) {
		if (length === undefined || length > 63 || offset + length - headerLength > 253) {
			return undefined;
		}

		const label = message.toString('latin1', offset + 1, offset + 1 + length);
		// Only ASCII letters have case, RFC 4343.
		labels.push(label.replaceAll(/[A-Z]/gv, letter => letter.toLowerCase()).replaceAll(/[.\\]/gv, String.raw`\$&`));
		offset += 1 + length;
	}

	if (offset + 5 > message.length) {
		return undefined;
	}

	return {
		name: labels.join('.'),
		labels,
		type: message.readUInt16BE(offset + 1),
		class: message.readUInt16BE(offset + 3),
		end: offset + 5,
	};
};

/** A message with its two-byte length prefix for TCP, RFC 1035 section 4.2.2. */
export const framed = (message: Message): Message => {
	const frame = Buffer.allocUnsafe(2 + message.length);
	frame.writeUInt16BE(message.length);
	frame.set(message, 2);
	return frame;
};
