import type {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {parseImage} from '../../rules/images/image.js';
import type {Image} from '../../engine/resources.js';

/** The image of an archive, as its index `manifest.json` has it. */
export type ManifestItem = {readonly Config: string; readonly RepoTags: readonly string[]; readonly Layers: readonly string[]};

/** An id without the name of its algorithm. */
export const hexOf = (id: string) => id.replace('sha256:', '');

/**
The configuration of an image as others read it, with all its content as one layer: an engine in memory keeps no layers apart. What it says of itself beyond that is under `holm`, so that loading it here gives the same image again.
*/
export const encodeConfiguration = (image: Image, layer: Buffer) => {
	const {configuration: {user, environment, entrypoint, command, workingDirectory, exposedPorts, volumes, labels, stopSignal}} = image;
	return {
		architecture: image.architecture,
		os: image.os,
		created: new Date(image.createdAt).toISOString(),
		config: {
			User: user,
			Env: environment,
			Entrypoint: entrypoint.length > 0 ? entrypoint : null,
			Cmd: command.length > 0 ? command : null,
			WorkingDir: workingDirectory,
			ExposedPorts: Object.fromEntries(exposedPorts.map(port => [port, {}])),
			Volumes: Object.fromEntries(volumes.map(volume => [volume, {}])),
			Labels: labels,
			StopSignal: stopSignal,
		},
		rootfs: {type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`]},
		history: image.history.map(({createdAt, createdBy, comment}, index) => ({
			created: new Date(createdAt).toISOString(), created_by: createdBy, comment, empty_layer: index > 0,
		})),
		holm: {
			layers: image.layers, sizeBytes: image.sizeBytes, empty: image.history.map(({empty}) => empty),
		},
	};
};

/** The texts of a list; of anything else, none. */
export const listOf = (value: unknown): readonly string[] => Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];

const digestPattern = /^sha256:[\da-f]{64}$/v;

/** An image as its configuration has it. */
export const decodeImage = (id: string, configuration: unknown, sizeBytes: number): Image => {
	const image = parseImage({id: hexOf(id)}, configuration, sizeBytes);
	const own = (configuration as {holm?: {layers?: unknown; sizeBytes?: unknown; empty?: unknown}} | null)?.holm;
	const layers = listOf(own?.layers).filter(layer => digestPattern.test(layer));
	return own && layers.length > 0
		? {
			...image,
			layers,
			sizeBytes: typeof own.sizeBytes === 'number' && own.sizeBytes >= 0 ? own.sizeBytes : sizeBytes,
			history: image.history.map((entry, index) => ({...entry, empty: Array.isArray(own.empty) && own.empty[index] === true})),
		}
		: image;
};
