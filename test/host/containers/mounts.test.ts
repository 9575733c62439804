import test from 'ava';
import {mountsOf} from '../../../source/host/containers/mounts.js';
import type {ImageConfiguration, Mount} from '../../../source/engine/resources.js';

const imageWith = (volumes: readonly string[]): ImageConfiguration => ({
	user: '', environment: [], entrypoint: [], command: [], workingDirectory: '', exposedPorts: [], volumes, labels: {},
});

test('an image\'s volumes are anonymous ones, where nothing else is mounted', t => {
	const bind: Mount = {type: 'bind', source: '/srv', target: '//data/', readOnly: true};
	t.deepEqual(mountsOf(imageWith(['/data', '/cache/', '/cache']), {mounts: [bind]}), [
		{...bind, target: '/data'},
		{type: 'volume', source: '', target: '/cache', readOnly: false},
	]);
});

test('an image cannot ask for a volume where none can be', t => {
	t.deepEqual(mountsOf(imageWith(['/', '', '/a/../../b', '..']), {mounts: []}), []);
});
