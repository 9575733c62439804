import {holm, must, type Host} from './host.js';

const dockerfile = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN test "$(ulimit -n)" -ge 64 && echo "made in a build" >/made
CMD ["sh"]
`;

/** Builds the image `box` of the host's own busybox, as no registry can be reached: what the build printed. */
export const buildBox = async (host: Host): Promise<string> => {
	await must(host, ['mkdir', '-p', '/tmp/box']);
	await must(host, ['cp', '/bin/busybox', '/tmp/box/busybox']);
	await must(host, ['tee', '/tmp/box/Dockerfile'], {input: dockerfile});
	return holm(host, 'build', '--no-cache', '--tag', 'box', '/tmp/box');
};

/** Makes sure that there is the image `box`, for a case that is chosen alone. */
export const needBox = async (host: Host): Promise<void> => {
	const {exitCode} = await host.run([...host.holm, 'image', 'inspect', 'box']);
	if (exitCode !== 0) {
		await buildBox(host);
	}
};

type Names = {readonly containers?: readonly string[]; readonly networks?: readonly string[]; readonly volumes?: readonly string[]};

/** Removes the containers, networks and volumes of these names after the work, whichever of them there are. */
export const withNames = async (host: Host, names: Names, work: () => Promise<void>): Promise<void> => {
	const {containers = [], networks = [], volumes = []} = names;
	const remove = async () => {
		for (const [words, those] of [[['rm', '--force'], containers], [['network', 'rm'], networks], [['volume', 'rm'], volumes]] as const) {
			for (const name of those) {
				// There may be none.
				await host.run([...host.holm, ...words, name]);
			}
		}
	};

	try {
		await work();
	} finally {
		await remove();
	}
};
