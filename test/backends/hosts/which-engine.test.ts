import test from 'ava';
import {isAppleHere, whichEngine} from '../../../source/backends/hosts/which-engine.js';

const docker = {DOCKER_HOST: 'tcp://elsewhere:2375', DOCKER_CONTEXT: 'far'};
const own = {kind: 'own'} as const;
const at = (address: string) => ({kind: 'address', address} as const);
const dockers = (address: string) => ({...at(address), isDocker: true} as const);

test('Holm\'s own engine is the default, whatever Docker\'s variables say', t => {
	t.deepEqual(whichEngine(undefined, {}), own);
	t.deepEqual(whichEngine(undefined, docker), own);
	t.deepEqual(whichEngine(undefined, {...docker, HOLM_HOST: ''}), own);
});

test('the flag counts before the variable', t => {
	t.deepEqual(whichEngine(undefined, {HOLM_HOST: 'unix:///a'}), at('unix:///a'));
	t.deepEqual(whichEngine('unix:///b', {...docker, HOLM_HOST: 'unix:///a'}), at('unix:///b'));
	t.deepEqual(whichEngine('', {HOLM_HOST: 'unix:///a'}), at(''));
	t.deepEqual(whichEngine('context://lab', {HOLM_HOST: 'unix:///a'}), {kind: 'context', name: 'lab'});
});

test('Apple\'s container of this host, and of another one', t => {
	t.deepEqual(whichEngine('apple', docker), {kind: 'apple'});
	t.deepEqual(whichEngine(undefined, {HOLM_HOST: 'apple'}), {kind: 'apple'});
	t.deepEqual(whichEngine('apple://me@mac', {}), {kind: 'apple', target: 'me@mac'});
});

test('on a Mac the engine of this host is Apple\'s, and all others are named as elsewhere', t => {
	const apple = {kind: 'apple'} as const;
	for (const [host, environment] of [[undefined, docker], [undefined, {HOLM_HOST: ''}], ['own', {HOLM_HOST: 'unix:///a'}], ['apple', {}]] as const) {
		t.deepEqual(whichEngine(host, environment, 'darwin'), apple);
		t.true(isAppleHere(whichEngine(host, environment, 'darwin')));
	}

	t.deepEqual(whichEngine(undefined, {HOLM_HOST: 'unix:///a'}, 'darwin'), at('unix:///a'));
	t.deepEqual(whichEngine('docker', {DOCKER_HOST: 'tcp://elsewhere:2375'}, 'darwin'), dockers('tcp://elsewhere:2375'));
	t.deepEqual(whichEngine(undefined, {}, 'linux'), own);
	t.false(isAppleHere(whichEngine(undefined, {}, 'linux')));
	t.false(isAppleHere(whichEngine('apple://me@mac', {}, 'darwin')));
});

test('own is this host\'s, whatever the variable says', t => {
	t.deepEqual(whichEngine('own', {...docker, HOLM_HOST: 'unix:///a'}), own);
	t.deepEqual(whichEngine(undefined, {HOLM_HOST: 'own'}), own);
});

test('Docker\'s order is followed where it was asked for', t => {
	for (const [flag, environment] of [['docker', {}], [undefined, {HOLM_HOST: 'docker'}]] as const) {
		t.deepEqual(whichEngine(flag, {...environment, ...docker}), dockers('tcp://elsewhere:2375'));
		t.deepEqual(whichEngine(flag, {...environment, DOCKER_CONTEXT: 'far'}), {kind: 'context', name: 'far'});
		t.deepEqual(whichEngine(flag, {...environment, DOCKER_CONTEXT: 'default'}), dockers('unix:///var/run/docker.sock'));
		t.deepEqual(whichEngine(flag, environment), {kind: 'context'});
	}
});

test('certificates are those of whoever was asked', t => {
	const environment = {
		...docker, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/d', HOLM_CERT_PATH: '/h',
	};
	t.deepEqual(whichEngine('tcp://x:1', environment), {...at('tcp://x:1'), certificates: '/h'});
	t.deepEqual(whichEngine('docker', environment), {...dockers('tcp://elsewhere:2375'), certificates: '/d'});
	t.deepEqual(whichEngine('docker', {...docker, DOCKER_CERT_PATH: '/d', HOLM_CERT_PATH: '/h'}), dockers('tcp://elsewhere:2375'));
	t.deepEqual(whichEngine('docker', {...docker, DOCKER_TLS_VERIFY: '1', DOCKER_CONFIG: '/c'}), {...dockers('tcp://elsewhere:2375'), certificates: '/c'});
	t.throws(() => whichEngine('docker', {...docker, DOCKER_TLS: '1'}), {code: 'unsupported'});
});

test('what can be no context is refused', t => {
	for (const name of ['', '../x', 'a/b', 'a\0b', '-x', 'x'.repeat(9) + '\n']) {
		t.throws(() => whichEngine(`context://${name}`, {}), {code: 'invalid', message: /Docker context/v}, name);
	}
});
