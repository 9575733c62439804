import {holm, must, type Host} from './host.js';

const script = `
	set -eu
	rm -rf /tmp/box
	mkdir -p /tmp/box/bin
	cp /bin/busybox /tmp/box/bin/busybox
	/bin/busybox --list | grep -v '^busybox$' | while read -r name; do ln -s busybox "/tmp/box/bin/$name"; done
	tar -C /tmp/box -cf /tmp/box.tar .`;

/** Imports the image `box` of the host's busybox if it is missing, because no registry can be reached and a case may run alone. */
export const needBox = async (host: Host): Promise<void> => {
	const {exitCode} = await host.run([...host.holm, 'image', 'inspect', 'box']);
	if (exitCode !== 0) {
		// It brings busybox.
		await must(host, [...host.holm, 'setup'], {limitMs: 20 * 60_000});
		await must(host, ['sh', '-c', script]);
		await holm(host, 'import', '--change', 'ENV PATH=/bin', '--change', 'CMD ["sh"]', '/tmp/box.tar', 'box');
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
