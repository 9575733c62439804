import test from 'ava';
import {mountPointsBelow, mountsBelow, parseMountInfo} from '../../source/host/mounts.js';

const table = String.raw`27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
28 27 0:20 / /srv/a\040b ro,nosuid,nodev,relatime shared:2 master:1 - tmpfs none rw
29 28 0:21 / /srv/a\040b/c\134040 rw,relatime - tmpfs none rw
30 27 0:22 / /srv/ab rw - autofs systemd-1 rw
31 30 0:23 / /srv/ab rw - tmpfs none rw
`;

test('targets are unescaped once, and options are the mount\'s own', t => {
	const mounts = parseMountInfo(table);
	t.deepEqual(mounts.map(({target}) => target), ['/', '/srv/a b', String.raw`/srv/a b/c\040`, '/srv/ab', '/srv/ab']);
	t.deepEqual(mounts[1], {
		id: '28', parent: '27', target: '/srv/a b', options: ['ro', 'nosuid', 'nodev', 'relatime'],
	});
	t.deepEqual(parseMountInfo(''), []);
});

test('mounts below a directory are those that can be reached', t => {
	const mounts = parseMountInfo(table);
	const below = (directory: string, isWithSelf?: boolean) => mountsBelow(mounts, directory, isWithSelf).map(({id}) => id);
	t.deepEqual(below('/srv'), ['28', '29', '31']);
	t.deepEqual(below('/srv/a b'), ['29']);
	t.deepEqual(below('/srv/a b', true), ['28', '29']);
	t.deepEqual(below('/srv/a'), []);
});

test('all mount points below a directory are listed, deepest first', t => {
	const mounts = parseMountInfo(table);
	t.deepEqual(mountPointsBelow(mounts, '/srv'), ['/srv/ab', '/srv/ab', String.raw`/srv/a b/c\040`, '/srv/a b']);
	t.deepEqual(mountPointsBelow(mounts, '/srv/a b'), [String.raw`/srv/a b/c\040`]);
});
