import type {Healthcheck} from '../../engine/health.js';
import type {Image, ImageConfiguration} from '../../engine/resources.js';

/** An entry of containers/storage's images.json. */
export type ImageRecord = {
	/** 64 hexadecimal digits. */
	readonly id: string;
	readonly digest?: string;
	readonly names?: readonly string[];
	readonly layer?: string;
	readonly created?: string;
	readonly 'big-data-names'?: readonly string[];
	/** Digests of what is in storage; that of `manifest` is the manifest which was written last. */
	readonly 'big-data-digests'?: {readonly manifest?: string};
};

// An image's configuration is untrusted: every member is checked.
const text = (value: unknown): string => typeof value === 'string' ? value : '';
const texts = (value: unknown): readonly string[] => Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
const members = (value: unknown): Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {};
const time = (value: unknown): number => {
	const milliseconds = Date.parse(text(value));
	return Number.isNaN(milliseconds) ? 0 : milliseconds;
};

const nanoseconds = (value: unknown): number | undefined => typeof value === 'number' && value >= 1e6 && Number.isSafeInteger(value) ? value / 1e6 : undefined;

/** Docker's member of the configuration; undefined for what is none. */
const parseHealthcheck = (value: unknown): Healthcheck | undefined => {
	const {Test, Interval, Timeout, Retries, StartPeriod, StartInterval} = members(value);
	const test = texts(Test);
	return test.length === 0 ? undefined : {
		test,
		intervalMs: nanoseconds(Interval),
		timeoutMs: nanoseconds(Timeout),
		retries: typeof Retries === 'number' && Number.isSafeInteger(Retries) && Retries > 0 ? Retries : undefined,
		startPeriodMs: nanoseconds(StartPeriod),
		startIntervalMs: nanoseconds(StartInterval),
	};
};

const parseConfiguration = (value: unknown): ImageConfiguration => {
	const config = members(value);
	const stopSignal = text(config.StopSignal);
	const shell = texts(config.Shell);
	const onBuild = texts(config.OnBuild);
	const healthcheck = parseHealthcheck(config.Healthcheck);
	return {
		user: text(config.User),
		environment: texts(config.Env),
		entrypoint: texts(config.Entrypoint),
		command: texts(config.Cmd),
		workingDirectory: text(config.WorkingDir),
		exposedPorts: Object.keys(members(config.ExposedPorts)),
		volumes: Object.keys(members(config.Volumes)),
		labels: Object.fromEntries(Object.entries(members(config.Labels)).filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
		...(stopSignal !== '' && {stopSignal}),
		...(shell.length > 0 && {shell}),
		...(onBuild.length > 0 && {onBuild}),
		...(healthcheck && {healthcheck}),
	};
};

/**
Builds an image, without names, from its record and its configuration.

The configuration follows the OCI image specification or Docker's schema 2, which agree in the members read here.
*/
export const parseImage = (record: ImageRecord, configuration: unknown, sizeBytes: number): Image => {
	const image = members(configuration);
	const history = Array.isArray(image.history) ? image.history.map(item => members(item)) : [];
	return {
		id: `sha256:${record.id}`,
		tags: [],
		digests: [],
		createdAt: time(image.created ?? record.created),
		sizeBytes,
		architecture: text(image.architecture),
		os: text(image.os),
		...(text(image.author) !== '' && {author: text(image.author)}),
		...(text(image.comment) !== '' && {comment: text(image.comment)}),
		configuration: parseConfiguration(image.config),
		layers: texts(members(image.rootfs).diff_ids),
		history: history.map(entry => ({
			createdAt: time(entry.created),
			createdBy: text(entry.created_by),
			empty: entry.empty_layer === true,
			comment: text(entry.comment),
		})),
	};
};
