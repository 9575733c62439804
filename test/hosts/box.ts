import {holm, must, type Host} from './host.js';

const dockerfile = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN test "$(ulimit -n)" -ge 64 && echo "made in a build" >/made
CMD ["sh"]
`;

/** Builds the image `box` from the host's busybox, because no registry can be reached. Resolves with the build's output. */
export const buildBox = async (host: Host): Promise<string> => {
	await must(host, ['mkdir', '-p', '/tmp/box']);
	await must(host, ['cp', '/bin/busybox', '/tmp/box/busybox']);
	await must(host, ['tee', '/tmp/box/Dockerfile'], {input: dockerfile});
	return holm(host, 'build', '--no-cache', '--tag', 'box', '/tmp/box');
};

/** Builds the image `box` if it is missing, because a case may run alone. */
export const needBox = async (host: Host): Promise<void> => {
	const {exitCode} = await host.run([...host.holm, 'image', 'inspect', 'box']);
	if (exitCode !== 0) {
		await buildBox(host);
	}
};

type Names = {readonly containers?: readonly string[]; readonly networks?: readonly string[]; readonly volumes?: readonly string[]};

/** Removes the containers, networks and volumes of these names after the work, if they exist. */
export const withNames = async (host: Host, names: Names, work: () => Promise<void>): Promise<void> => {
	const {containers = [], networks = [], volumes = []} = names;
	const remove = async () => {
		for (const [words, those] of [[['rm', '--force'], containers], [['network', 'rm'], networks], [['volume', 'rm'], volumes]] as const) {
			for (const name of those) {
				// It may not exist.
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
