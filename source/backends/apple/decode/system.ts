import {countOf, membersOf, textOf} from './lenient.js';

/** The state of Apple's service. */
export type AppleStatus = {
	readonly isRunning: boolean;
	/** Directory of its data, without a slash at its end; empty if unknown. */
	readonly root: string;
};

/** Both shapes: the flat one up to 1.3, and the one of 1.4. */
export const decodeStatus = (document: unknown): AppleStatus => {
	const status = membersOf(document);
	return {
		isRunning: status.status === 'running',
		root: (textOf(status.appRoot) || textOf(membersOf(status.paths).appRoot)).replace(/\/$/v, ''),
	};
};

/** Bytes on the disk of all volumes together. */
export const decodeUsage = (document: unknown): {readonly volumes: number} =>
	({volumes: countOf(membersOf(membersOf(document).volumes).sizeInBytes)});
