import test from 'ava';
import {
	exactReference,
	familiarName,
	formatReference,
	isLoopback,
	parseReference,
	registryOf,
	tagName,
} from '../../../source/rules/images/reference.js';

const digest = `sha256:${'a1'.repeat(32)}`;
const full = (text: string) => formatReference(exactReference(parseReference(text)));

test('short names belong to Docker Hub', t => {
	t.is(full('redis:alpine'), 'docker.io/library/redis:alpine');
	t.is(full('my-web-app'), 'docker.io/library/my-web-app:latest');
	t.is(full('alpine/bash'), 'docker.io/alpine/bash:latest');
	t.is(full('index.docker.io/redis'), 'docker.io/library/redis:latest');
	t.is(full('docker.io/redis'), 'docker.io/library/redis:latest');
});

test('the first part is a registry when it has a dot, a port or an upper case letter, or is localhost', t => {
	t.is(full('quay.io/team/app:1'), 'quay.io/team/app:1');
	t.is(full('localhost/app'), 'localhost/app:latest');
	t.is(full('registry:5000/app'), 'registry:5000/app:latest');
	t.is(full('registry:5000/app:1'), 'registry:5000/app:1');
	t.is(full('[::1]:5000/app'), '[::1]:5000/app:latest');
	t.is(full('HOST/app'), 'HOST/app:latest');
});

test('a digest says it all', t => {
	t.is(full(`redis@${digest}`), `docker.io/library/redis@${digest}`);
	t.is(full(`redis:alpine@${digest}`), `docker.io/library/redis@${digest}`);
	t.deepEqual(parseReference(`redis:7@${digest}`), {
		registry: 'docker.io', repository: 'library/redis', tag: '7', digest,
	});
});

test('people see the name as they write it', t => {
	t.is(familiarName('docker.io/library/my-web-app:latest'), 'my-web-app:latest');
	t.is(familiarName('docker.io/alpine/bash:latest'), 'alpine/bash:latest');
	t.is(familiarName('docker.io/library/a/b:1'), 'library/a/b:1');
	t.is(familiarName('localhost:5000/app:1'), 'localhost:5000/app:1');
	t.is(familiarName(`docker.io/library/redis@${digest}`), `redis@${digest}`);
});

for (const text of [
	'',
	':tag',
	'@',
	'Redis',
	'redis:',
	'redis:-x',
	`redis:${'x'.repeat(129)}`,
	'redis@sha256:short',
	'a//b',
	'/a',
	'a/',
	'-a',
	'a-',
	'a..b',
	'a___b',
	'redis alpine',
	'redis\n',
	'../redis',
	'host:99999/app',
	'host:0/app',
	'ho_st.io/app',
	'a'.repeat(256),
	'f'.repeat(64),
	'docker://redis',
	'--all',
]) {
	test(`${JSON.stringify(text.slice(0, 20))} of ${text.length} characters is no reference`, t => {
		t.throws(() => parseReference(text), {code: 'invalid', message: /^Invalid image reference /v});
	});
}

test('separators within a repository', t => {
	for (const name of ['a.b', 'a_b', 'a__b', 'a-b', 'a---b']) {
		t.is(full(name), `docker.io/library/${name}:latest`);
	}
});

test('a name of one\'s own cannot have a digest', t => {
	t.is(tagName('app'), 'docker.io/library/app:latest');
	t.throws(() => tagName(`app@${digest}`), {code: 'invalid'});
});

test('registries on this host', t => {
	for (const registry of ['localhost:5000', '127.0.0.1:5000', '127.9.8.7:80', '[::1]:5000']) {
		t.true(isLoopback(registry), registry);
	}

	for (const registry of ['localhost', 'docker.io', '127.0.0.1.example:5000', 'localhost.example:5000', '128.0.0.1:5000']) {
		t.false(isLoopback(registry), registry);
	}
});

test('registries as Docker\'s clients name them', t => {
	t.is(registryOf(), 'docker.io');
	t.is(registryOf('https://index.docker.io/v1/'), 'docker.io');
	t.is(registryOf('https://registry.example:5000/v2/'), 'registry.example:5000');
	t.throws(() => registryOf('a b'), {code: 'invalid'});
});
