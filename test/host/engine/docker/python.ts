import {access} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {findCommand} from '../../../../source/host/setup/programs.js';
import {pathsOf} from '../../../../source/host/store/paths.js';
import {cacheOf, fetchPackages} from '../../../debian-packages.js';
import type {World} from '../world.js';

const script = fileURLToPath(new URL('../../../../../test/clients/docker-py.py', import.meta.url));
const cache = 'docker-py';

/** The directory of Docker's library for Python and of what it imports; undefined if it was not fetched. */
export const findDockerPy = async (): Promise<string | undefined> => {
	const modules = path.join(cacheOf(cache), 'usr/lib/python3/dist-packages');
	return access(path.join(modules, 'docker')).then(() => modules, () => undefined);
};

/** Brings Debian's library, without installing it. */
export const fetchDockerPy = async (): Promise<void> => fetchPackages(cache, [
	'python3-docker', 'python3-requests', 'python3-urllib3', 'python3-websocket', 'python3-six',
	'python3-certifi', 'python3-chardet', 'python3-charset-normalizer', 'python3-idna',
]);

const [python, modules] = await Promise.all([findCommand('python3'), findDockerPy()]);
const reason = python === undefined ? 'needs python3' : (modules === undefined ? 'needs Debian\'s python3-docker: npm test fetches it' : undefined);

/** Docker's library for Python: each call of the script on the engine. */
export const pythonTests = (world: World): void => {
	world.test('docker: the calls of docker-py', async t => {
		t.timeout(6 * 60_000);
		const environment = {DOCKER_HOST: `unix://${pathsOf(world.root).socket}`, DOCKER_CONFIG: path.join(world.directory, 'docker-py'), PYTHONPATH: modules!};
		const {status, stdout, stderr} = await world.start(python!, [script], {environment, limitMs: 5 * 60_000}).ended;
		t.deepEqual(stdout.split('\n').filter(line => line.startsWith('failed ')), []);
		t.is(status, 0, `${stderr}${stdout.slice(-500)}`);
	}, reason);
};
