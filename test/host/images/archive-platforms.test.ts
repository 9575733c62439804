import test from 'ava';
import {platformsIn} from '../../../source/host/images/archive-platforms.js';

const digestOf = (digit: string) => `sha256:${digit.repeat(64)}`;
const entryOf = (digit: string) => `blobs/sha256/${digit.repeat(64)}`;

const readerOf = (entries: Readonly<Record<string, unknown>>) =>
	async (names: ReadonlySet<string>) => new Map(Object.entries(entries).filter(([name]) => names.has(name)));

test('the platforms of an image are in its configuration, which its manifest names, or in an index', async t => {
	const read = readerOf({
		'a.json': {os: 'linux', architecture: 'arm', variant: 'v7', config: {Cmd: ['sh']}},
		[entryOf('a')]: {config: {digest: digestOf('b')}, layers: []},
		[entryOf('b')]: {os: 'linux', architecture: 'amd64'},
		[entryOf('c')]: {manifests: [{digest: digestOf('a')}, {digest: digestOf('d'), platform: {os: 'linux', architecture: 'arm64'}}, {digest: 'no digest'}, 'nothing']},
	});
	t.deepEqual(await platformsIn('a.json', read), ['linux/arm/v7']);
	t.deepEqual(await platformsIn(entryOf('a'), read), ['linux/amd64']);
	t.deepEqual(await platformsIn(entryOf('c'), read), ['linux/amd64', 'linux/arm64']);
	t.deepEqual(await platformsIn('missing', read), []);
	t.deepEqual(await platformsIn(undefined, read), []);
});

test('what points to itself, or is of another kind, has no platforms', async t => {
	for (const value of [null, 7, 'text', [], {manifests: 'x'}, {config: null}, {config: {digest: digestOf('a')}}, {manifests: [{digest: digestOf('a')}]}]) {
		t.deepEqual(await platformsIn(entryOf('a'), readerOf({[entryOf('a')]: value})), []);
	}

	t.deepEqual(await platformsIn('x', readerOf({x: {os: 'li\u{1B}nux', architecture: 'a'.repeat(100)}})), [String.raw`li\u{1b}nux/${'a'.repeat(53)}`]);
});
