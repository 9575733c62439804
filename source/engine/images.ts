import type {Filters, Image, Pruned} from './resources.js';

export type RemoveImageOptions = {
	readonly force?: boolean;
	/** Such as `linux/amd64`; throws `not-found` if the image is not of each of them. */
	readonly platforms?: readonly string[];
};

/** Local images: listing, tags and removal. */
export type ImagesVerbs = {
	images: (options?: {readonly all?: boolean; readonly filters?: Filters}) => Promise<readonly Image[]>;
	image: (reference: string) => Promise<Image>;
	tagImage: (reference: string, tag: string) => Promise<void>;
	/** Resolves with the removed names and the ids of deleted images, as Docker lists them. */
	removeImage: (reference: string, options?: RemoveImageOptions) => Promise<{
		readonly untagged: readonly string[];
		readonly deleted: readonly string[];
	}>;
	pruneImages: (options?: {readonly all?: boolean; readonly filters?: Filters}) => Promise<Pruned>;
};
