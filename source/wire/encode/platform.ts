/** A platform such as `linux/amd64` as the OCI image specification has it. */
export const platformFields = (platform: string) => {
	const [os, architecture, variant] = platform.split('/');
	return {architecture, os, variant};
};

/** The JSON that Docker's API expects in a query. */
export const encodePlatform = (platform: string): string => JSON.stringify(platformFields(platform));
