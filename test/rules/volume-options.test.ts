import test from 'ava';
import {volumeKind} from '../../source/rules/volume-options.js';

test('options of the volume driver local: a directory of the host or a file system in memory', t => {
	t.deepEqual(volumeKind(), {type: 'directory'});
	t.deepEqual(volumeKind({}), {type: 'directory'});
	t.deepEqual(volumeKind({type: 'none', o: 'bind', device: '/srv'}), {type: 'bind', device: '/srv', readOnly: false});
	t.deepEqual(volumeKind({o: 'ro,rbind', device: '/srv'}), {type: 'bind', device: '/srv', readOnly: true});
	t.deepEqual(volumeKind({type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=5'}), {type: 'tmpfs', options: ['size=1m', 'uid=5']});
	for (const [options, message] of [
		[{type: 'nfs', o: 'addr=192.0.2.1', device: ':/x'}, 'volumes of type "nfs" are not supported'],
		[{type: 'btrfs', o: 'bind', device: '/dev/x'}, 'volumes of type "btrfs" are not supported'],
		[{type: 'none', o: 'bind'}, 'missing required option: "device"'],
		[{type: 'none', o: 'bind', device: 'srv'}, 'invalid option: device "srv" is not an absolute path'],
		[{size: '1g'}, 'invalid option: "size"'],
	] as const) {
		t.throws(() => volumeKind(options), {message}, JSON.stringify(options));
	}
});
