import {createHash} from 'node:crypto';
import type {Image} from '../../engine/resources.js';
import {find} from '../../rules/images/find.js';
import {familiarName, parseReference, repositoryName} from '../../rules/images/reference.js';
import {baseFiles} from './base-files.js';
import {knownImages, type KnownImage} from './known-images.js';
import {publish, type ImageRecord, type State} from './state.js';

export const digestOf = (...parts: readonly string[]): string => {
	const hash = createHash('sha256');
	for (const part of parts) {
		hash.update(part).update('\0');
	}

	return `sha256:${hash.digest('hex')}`;
};

export const hostArchitecture = process.arch === 'x64' ? 'amd64' : process.arch;

/** An image without files and settings, to build on. */
export const emptyImage: Image = {
	id: '',
	tags: [],
	digests: [],
	createdAt: 0,
	sizeBytes: 0,
	architecture: hostArchitecture,
	os: 'linux',
	configuration: {
		user: '', environment: [], entrypoint: [], command: [], workingDirectory: '', exposedPorts: [], volumes: [], labels: {},
	},
	layers: [],
	history: [],
};

const imageOf = (known: KnownImage): Image => {
	const steps = [...known.layers.map(([createdBy]) => createdBy), `CMD ${JSON.stringify(known.configuration.command)}`];
	const layers = known.layers.map(([createdBy]) => digestOf('layer', createdBy, hostArchitecture));
	return {
		...emptyImage,
		id: digestOf('image', known.name, hostArchitecture, ...layers),
		tags: [known.name],
		digests: [`${repositoryName(parseReference(known.name))}@${digestOf('manifest', known.name, ...layers)}`],
		createdAt: known.createdAt,
		sizeBytes: known.layers.reduce((sum, [, megabytes]) => sum + Math.round(megabytes * 1_000_000), 0),
		configuration: {...emptyImage.configuration, ...known.configuration},
		layers,
		history: steps.map((createdBy, index) => ({
			createdAt: known.createdAt - ((steps.length - 1 - index) * 1000),
			createdBy,
			empty: index >= layers.length,
			comment: 'buildkit.dockerfile.v0',
		})),
	};
};

const contents = new Map<string, ImageRecord['files']>();

/** A known image and its content. */
export const recordOf = (known: KnownImage): ImageRecord => {
	const files = contents.get(known.name) ?? baseFiles(known);
	contents.set(known.name, files);
	return {image: imageOf(known), files: files.fork()};
};

/** All images, newest first. */
export const listImages = ({images}: Pick<State, 'images'>): readonly Image[] =>
	images.values().map(({image}) => image).toArray().toSorted((a, b) => b.createdAt - a.createdAt);

/** Finds an image by a reference, and the tag that matched. Throws `not-found`. */
export const findImage = (state: Pick<State, 'images'>, reference: string): {readonly record: ImageRecord; readonly name?: string} => {
	const {image, name} = find(listImages(state), reference);
	return {record: state.images.get(image.id)!, ...name !== undefined && {name}};
};

export type Derivation = {
	readonly tags: readonly string[];
	/** Milliseconds since the epoch; default now. */
	readonly createdAt?: number;
	readonly configuration: Partial<Image['configuration']>;
	/** The steps on top of the base's; one without bytes leaves no layer. */
	readonly history: ReadonlyArray<{readonly createdBy: string; readonly bytes?: number}>;
	readonly files: ImageRecord['files'];
	/** Of its steps; default that of a build. */
	readonly comment?: string;
	readonly author?: string;
};

/** Removes a name from the image that has it. */
export const releaseTag = ({images}: Pick<State, 'images'>, tag: string): void => {
	for (const record of images.values()) {
		if (record.image.tags.includes(tag)) {
			record.image = {...record.image, tags: record.image.tags.filter(other => other !== tag)};
		}
	}
};

/** Gives an image a name, which another one may have. */
export const addTag = (state: Pick<State, 'images'>, record: ImageRecord, tag: string): void => {
	releaseTag(state, tag);
	record.image = {...record.image, tags: [...record.image.tags, tag]};
};

/** Adds an image on top of another one. */
export const deriveImage = (state: State, base: Image, derivation: Derivation): Image => {
	const {tags, createdAt = state.now(), configuration, history, files, author, comment} = derivation;
	for (const tag of tags) {
		releaseTag(state, tag);
	}

	const digest = () => `sha256:${state.random.hex(64)}`;
	const record: ImageRecord = {
		image: {
			...base,
			id: digest(),
			tags,
			digests: [],
			parent: base.id || undefined,
			createdAt,
			sizeBytes: base.sizeBytes + history.reduce((sum, {bytes = 0}) => sum + bytes, 0),
			author,
			comment,
			configuration: {...base.configuration, ...configuration},
			layers: [...base.layers, ...history.filter(({bytes}) => bytes !== undefined).map(() => digest())],
			history: [...base.history, ...history.map(({createdBy, bytes}) => ({
				createdAt, createdBy, empty: bytes === undefined, comment: comment ?? 'buildkit.dockerfile.v0',
			}))],
		},
		files,
	};
	state.images.set(record.image.id, record);
	return record.image;
};

/** Publishes that an image has got names. */
export const publishTags = (state: State, id: string, tags: readonly string[]): void => {
	for (const tag of tags) {
		publish(state, {type: 'image', action: 'tag', id, attributes: {name: familiarName(tag)}});
	}
};
