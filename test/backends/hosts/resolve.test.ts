import {createHash} from 'node:crypto';
import {copyFile, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import net from 'node:net';
import {once} from 'node:events';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {listenOn} from '../../../source/api/listeners.js';
import {createApiServer} from '../../../source/api/server.js';
import {connect} from '../../../source/daemon/connect.js';
import {resolveHost} from '../../../source/backends/hosts/resolve.js';
import {requireCertificates} from '../../../source/backends/hosts/certificates.js';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {run} from '../../../source/host/run.js';

const hasOpenssl = await run('openssl', ['version']).then(() => true, () => false);
const tlsTest = hasOpenssl ? test : test.skip;

const createDirectory = async (t: ExecutionContext) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-hosts-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	return directory;
};

const idOf = (name: string) => createHash('sha256').update(name).digest('hex');

const writeContext = async (directory: string, name: string, metadata: unknown) => {
	const folder = path.join(directory, 'contexts/meta', idOf(name));
	await mkdir(folder, {recursive: true});
	await writeFile(path.join(folder, 'meta.json'), typeof metadata === 'string' ? metadata : JSON.stringify(metadata));
};

const endpoint = (Host: string, isUnverified = false) => ({Endpoints: {docker: {Host, SkipTLSVerify: isUnverified}}});

test('contexts are read from where Docker keeps them', async t => {
	const DOCKER_CONFIG = await createDirectory(t);
	await writeContext(DOCKER_CONFIG, 'lab', endpoint('unix:///run/lab.sock'));
	const lab = {kind: 'unix', path: '/run/lab.sock'} as const;
	t.deepEqual(await resolveHost('context://lab', {DOCKER_CONFIG}), lab);
	t.deepEqual(await resolveHost('docker', {DOCKER_CONFIG, DOCKER_CONTEXT: 'lab'}), lab);
	t.deepEqual(await resolveHost('docker', {DOCKER_CONFIG}), {kind: 'unix', path: '/var/run/docker.sock'});
	await writeFile(path.join(DOCKER_CONFIG, 'config.json'), JSON.stringify({currentContext: 'lab'}));
	t.deepEqual(await resolveHost('docker', {DOCKER_CONFIG}), lab);
	t.is(await resolveHost(undefined, {DOCKER_CONFIG}), undefined);

	// Behind SSH there may be several engines, and Docker's configuration means Docker's.
	await writeContext(DOCKER_CONFIG, 'far', endpoint('ssh://me@far'));
	const far = {kind: 'ssh', user: 'me', host: 'far'} as const;
	t.deepEqual(await resolveHost('context://far', {DOCKER_CONFIG}), {...far, isDocker: true});
	t.deepEqual(await resolveHost('docker', {DOCKER_CONFIG, DOCKER_HOST: 'ssh://me@far'}), {...far, isDocker: true});
	t.deepEqual(await resolveHost('ssh://me@far', {DOCKER_CONFIG}), far);
});

test('a context that cannot be used is named with its file and what to do', async t => {
	const DOCKER_CONFIG = await createDirectory(t);
	const cases = [
		['absent', undefined, 'not-found'],
		['broken', '{', 'invalid'],
		['empty', {}, 'invalid'],
		['odd', endpoint('npipe:////./pipe/x'), 'invalid'],
		['blind', endpoint('tcp://x:2376', true), 'unsupported'],
	] as const;
	for (const [name, metadata, code] of cases) {
		if (metadata !== undefined) {
			await writeContext(DOCKER_CONFIG, name, metadata);
		}

		const error = await t.throwsAsync(resolveHost(`context://${name}`, {DOCKER_CONFIG}), {code, message: new RegExp(`"${name}".*${idOf(name)}/meta\\.json`, 'v')}, name);
		t.truthy((error as Error & {remedy?: string}).remedy, name);
	}

	await writeFile(path.join(DOCKER_CONFIG, 'config.json'), '[');
	await t.throwsAsync(resolveHost('docker', {DOCKER_CONFIG}), {code: 'invalid', message: /config\.json/v});
});

test('certificates that are incomplete or none are refused', async t => {
	const directory = await createDirectory(t);
	await t.throwsAsync(requireCertificates(directory), {code: 'invalid', message: /ca\.pem is missing/v});
	await writeFile(path.join(directory, 'cert.pem'), 'x');
	await t.throwsAsync(requireCertificates(directory), {code: 'invalid', message: /key\.pem is missing/v});
	await writeFile(path.join(directory, 'key.pem'), 'x');
	await t.throwsAsync(requireCertificates(directory), {code: 'invalid', message: /cannot be used/v});
});

tlsTest(`an engine behind TLS is reached with the certificates of each way to name it${hasOpenssl ? '' : ' (needs openssl)'}`, async t => {
	const directory = await createDirectory(t);
	const file = (name: string) => path.join(directory, name);
	const authority = async (name: string) => run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', `/CN=${name}`, '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)]);
	await Promise.all([authority('ca'), authority('other')]);
	await run('openssl', ['req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', file('key.pem'), '-out', file('csr')]);
	await run('openssl', ['x509', '-req', '-in', file('csr'), '-copy_extensions', 'copy', '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '1', '-out', file('cert.pem')]);
	const memory = createMemoryEngine();
	const server = createApiServer(memory);
	const probe = net.createServer().listen(0, '127.0.0.1');
	await once(probe, 'listening');
	const {port} = probe.address() as net.AddressInfo;
	probe.close();
	await once(probe, 'close');
	const tls = await requireCertificates(directory);
	const close = await listenOn(server, {kind: 'tcp', host: '127.0.0.1', port, tls});
	t.teardown(() => {
		close();
		server.closeAllConnections();
		memory.close();
	});

	const host = `tcp://127.0.0.1:${port}`;
	const DOCKER_CONFIG = file('docker');
	await writeContext(DOCKER_CONFIG, 'secure', endpoint(host));
	const folder = path.join(DOCKER_CONFIG, 'contexts/tls', idOf('secure'), 'docker');
	await mkdir(folder, {recursive: true});
	await Promise.all(['ca.pem', 'cert.pem', 'key.pem'].map(async name => copyFile(file(name), path.join(folder, name))));
	const {version} = await memory.version();
	for (const options of [
		{host, environment: {HOLM_CERT_PATH: directory}},
		{host: 'docker', environment: {DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: directory}},
		{host: 'context://secure', environment: {DOCKER_CONFIG}},
	]) {
		const engine = await connect(options);
		t.is((await engine.version()).version, version, options.host);
	}

	const bare = await connect({host, environment: {}});
	await t.throwsAsync(bare.version(), {code: 'unavailable'});
	const stranger = file('stranger');
	await mkdir(stranger);
	await copyFile(file('other.pem'), path.join(stranger, 'ca.pem'));
	const mistaken = await connect({host, environment: {HOLM_CERT_PATH: stranger}});
	await t.throwsAsync(mistaken.version(), {code: 'unavailable'});
});
