import {labelsOf, listOf, membersOf, momentOf, textOf, type Members} from './lenient.js';

/** A volume as Apple's program lists it. */
export type AppleVolume = {
	readonly name: string;
	readonly createdAt: number;
	/** The image of its disk, on the host. */
	readonly path: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly options: Readonly<Record<string, string>>;
};

const decodeVolume = (item: Members): AppleVolume => {
	const configuration = membersOf(item.configuration);
	return {
		name: textOf(item.id) || textOf(configuration.name),
		createdAt: momentOf(configuration.creationDate) ?? 0,
		path: textOf(configuration.source),
		labels: labelsOf(configuration.labels),
		options: labelsOf(configuration.options),
	};
};

export const decodeVolumes = (document: unknown): readonly AppleVolume[] =>
	listOf(document).map(item => decodeVolume(item)).filter(({name}) => name !== '');
