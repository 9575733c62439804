export type CommitOptions = {
	/** Name of the new image; default none. */
	readonly tag?: string;
	readonly author?: string;
	readonly comment?: string;
	/** Lines of a Dockerfile that change the configuration, such as `CMD ["redis-server"]`. */
	readonly changes?: readonly string[];
	/** Hold the container's processes still meanwhile; default true. */
	readonly pause?: boolean;
};

/** Images made from containers. */
export type CommitsVerbs = {
	/** Makes an image of a container: its image with what it has otherwise, except in mounts, as one more layer. */
	commitContainer: (reference: string, options?: CommitOptions) => Promise<{readonly id: string}>;
};
