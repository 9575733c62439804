/** A platform such as `linux/amd64` as the JSON that Docker's API expects in a query. */
export const encodePlatform = (platform: string): string => {
	const [os, architecture, variant] = platform.split('/');
	return JSON.stringify({os, architecture, variant});
};
