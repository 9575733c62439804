export type CommitOptions = {
	/** Name of the new image; default none. */
	readonly tag?: string;
	readonly author?: string;
	readonly comment?: string;
	/** Dockerfile instructions that change the configuration, such as `CMD ["redis-server"]`. */
	readonly changes?: readonly string[];
	/** Pause the container's processes during the commit; default true. */
	readonly pause?: boolean;
};

/** Images made from containers. */
export type CommitsVerbs = {
	/** Creates an image from a container: the layers of its image, and one more with its changes outside of mounts. */
	commitContainer: (reference: string, options?: CommitOptions) => Promise<{readonly id: string}>;
};
