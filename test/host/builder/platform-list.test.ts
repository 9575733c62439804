import {Buffer} from 'node:buffer';
import test from 'ava';
import {manifestOf, platformList} from '../../../source/host/builder/platform-list.js';

const docker = 'application/vnd.docker.distribution.manifest.v2+json';
const oci = 'application/vnd.oci.image.manifest.v1+json';
const digestOf = (digit: string) => `sha256:${digit.repeat(64)}`;
const own = manifestOf(Buffer.from('{"schemaVersion": 2}'), oci);
const platform = {os: 'linux', architecture: 'amd64'};

const listOf = (...manifests: readonly unknown[]) => Buffer.from(JSON.stringify({schemaVersion: 2, manifests}));

const entry = (digit: string, architecture: string, more: object = {}) => ({
	mediaType: docker, digest: digestOf(digit), size: 500, platform: {os: 'linux', architecture}, ...more,
});

const manifestsOf = ({bytes}: {readonly bytes: Uint8Array}) =>
	(JSON.parse(Buffer.from(bytes).toString()) as {readonly manifests: readonly unknown[]}).manifests;

test('an image is offered for its own platform alone', t => {
	const list = platformList(own, platform, []);
	t.is(list.mediaType, 'application/vnd.oci.image.index.v1+json');
	t.deepEqual(manifestsOf(list), [{
		mediaType: oci, digest: own.digest, size: own.bytes.length, platform,
	}]);
	t.is(platformList(manifestOf(own.bytes, docker), platform, []).mediaType, 'application/vnd.docker.distribution.manifest.list.v2+json');
	t.is(platformList(own, {os: '', architecture: ''}, []), own, 'without a platform any build may use it');
});

test('the registry has the other platforms of an image that was pulled', t => {
	const arm = entry('b', 'arm', {platform: {os: 'linux', architecture: 'arm', variant: 'v7'}});
	const arm64 = entry('c', 'arm64');
	const list = platformList(own, platform, [
		Buffer.from('{"schemaVersion": 2, "config": {}}'),
		listOf(entry('a', 'amd64'), arm, arm64, entry('d', 'unknown', {platform: {os: 'unknown', architecture: 'unknown'}})),
		listOf(arm64),
	]);
	t.deepEqual(manifestsOf(list).slice(1), [arm, arm64]);
});

test('what is no entry of a list is left out', t => {
	const list = platformList(own, platform, [
		Buffer.from('no JSON'),
		Buffer.from('null'),
		listOf(
			null,
			5,
			{},
			entry('a', 'ARM 64'),
			entry('a', 'arm64', {digest: '../../etc/passwd'}),
			entry('a', 'arm64', {size: '500'}),
			entry('a', 'arm64', {size: -1}),
			entry('a', 'arm64', {mediaType: 'text/html'}),
			entry('a', 'arm64', {platform: null}),
		),
	]);
	t.is(manifestsOf(list).length, 1);
});
