import {BinaryReader, WireType} from '@bufbuild/protobuf/wire';

/** A step of a build as it stands now. BuildKit sends it again at each change. Times are in milliseconds since 1970. */
export type Vertex = {
	/** Identifies it within the build. */
	readonly digest: string;
	/** Such as `[2/3] COPY . /app`. */
	readonly name: string;
	readonly isCached: boolean;
	readonly startedAt: number | undefined;
	readonly completedAt: number | undefined;
	/** Empty unless it failed. */
	readonly error: string;
};

/** How far one part of a vertex is, such as a layer that is pulled. */
export type VertexProgress = {
	readonly vertex: string;
	readonly id: string;
	/** The activity; may be empty. */
	readonly name: string;
	readonly current: number;
	readonly total: number;
	readonly isCompleted: boolean;
};

/** Output of a vertex. */
export type VertexLog = {readonly vertex: string; readonly at: number | undefined; readonly text: string};

/** What happened in a build since the last status. */
export type BuildStatus = {
	readonly vertexes: readonly Vertex[];
	readonly progress: readonly VertexProgress[];
	readonly logs: readonly VertexLog[];
};

type Value = string | number | boolean | Uint8Array;

/** A message's fields by number; each may come several times. */
type Message = ReadonlyMap<number, readonly Value[]>;

const decodeMessage = (bytes: Uint8Array): Message => {
	const reader = new BinaryReader(bytes);
	const fields = new Map<number, Value[]>();
	while (reader.pos < reader.len) {
		const [number, type] = reader.tag();
		if (type !== WireType.Varint && type !== WireType.LengthDelimited) {
			reader.skip(type, number);
			continue;
		}

		const values = fields.get(number) ?? [];
		values.push(type === WireType.Varint ? Number(reader.int64()) : reader.bytes());
		fields.set(number, values);
	}

	return fields;
};

const bytesOf = (message: Message, field: number): readonly Uint8Array[] =>
	(message.get(field) ?? []).filter(value => value instanceof Uint8Array);

const messagesOf = (message: Message, field: number): readonly Message[] => bytesOf(message, field).map(bytes => decodeMessage(bytes));

const textOf = (message: Message, field: number): string => new TextDecoder().decode(bytesOf(message, field).at(-1));

const numberOf = (message: Message, field: number): number => {
	const value = message.get(field)?.at(-1);
	return typeof value === 'number' ? value : 0;
};

/** Of a `google.protobuf.Timestamp`. */
const timeOf = (message: Message, field: number): number | undefined => {
	const [time] = messagesOf(message, field);
	return time && (numberOf(time, 1) * 1000) + (numberOf(time, 2) / 1e6);
};

/**
Decodes `moby.buildkit.v1.StatusResponse`, with which a daemon reports the progress of BuildKit. Fields and their numbers are those of BuildKit's `api/services/control/control.proto`; others are skipped.

Throws an error of the decoder for what is no message.
*/
export const decodeBuildStatus = (bytes: Uint8Array): BuildStatus => {
	const status = decodeMessage(bytes);
	return {
		vertexes: messagesOf(status, 1).map(vertex => ({
			digest: textOf(vertex, 1),
			name: textOf(vertex, 3),
			isCached: numberOf(vertex, 4) !== 0,
			startedAt: timeOf(vertex, 5),
			completedAt: timeOf(vertex, 6),
			error: textOf(vertex, 7),
		})),
		progress: messagesOf(status, 2).map(part => ({
			id: textOf(part, 1),
			vertex: textOf(part, 2),
			name: textOf(part, 3),
			current: numberOf(part, 4),
			total: numberOf(part, 5),
			isCompleted: part.has(8),
		})),
		logs: messagesOf(status, 3).map(log => ({
			vertex: textOf(log, 1),
			at: timeOf(log, 2),
			text: textOf(log, 4),
		})),
	};
};
