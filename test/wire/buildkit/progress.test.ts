import {Buffer} from 'node:buffer';
import test from 'ava';
import {BinaryWriter, WireType} from '@bufbuild/protobuf/wire';
import {buildFailure, createBuildProgress} from '../../../source/wire/buildkit/progress.js';
import {decodeBuildStatus, type BuildStatus, type Vertex} from '../../../source/wire/buildkit/status.js';

const digest = `sha256:${'ab'.repeat(32)}`;

const vertex = (change: Partial<Vertex> = {}): Vertex => ({
	digest, name: '[2/3] RUN make', isCached: false, startedAt: undefined, completedAt: undefined, error: '', ...change,
});

const status = (change: Partial<BuildStatus>): BuildStatus => ({
	vertexes: [], progress: [], logs: [], ...change,
});

const message = (field: number, write: (writer: BinaryWriter) => BinaryWriter) => (writer: BinaryWriter) =>
	writer.tag(field, WireType.LengthDelimited).bytes(write(new BinaryWriter()).finish());

test('a status of BuildKit is decoded, with unknown fields skipped', t => {
	const timeFields = (seconds: number, nanoseconds: number) => (each: BinaryWriter) =>
		each.tag(1, WireType.Varint).int64(seconds).tag(2, WireType.Varint).int32(nanoseconds);
	const writer = new BinaryWriter();
	message(1, each => {
		for (const [field, value] of [[1, digest], [2, 'an input'], [3, '[1/1] FROM x']] as const) {
			each.tag(field, WireType.LengthDelimited).string(value);
		}

		each.tag(4, WireType.Varint).bool(true);
		message(5, timeFields(1_700_000_000, 500_000_000))(each);
		return each.tag(99, WireType.Bit64).fixed64(1);
	})(writer);
	message(2, each => each.tag(1, WireType.LengthDelimited).string('layer').tag(2, WireType.LengthDelimited).string(digest).tag(4, WireType.Varint).int64(5).tag(5, WireType.Varint).int64(2 ** 40))(writer);
	message(3, each => each.tag(1, WireType.LengthDelimited).string(digest).tag(4, WireType.LengthDelimited).bytes(Buffer.from('said\n')))(writer);
	t.deepEqual(decodeBuildStatus(writer.finish()), {
		vertexes: [vertex({name: '[1/1] FROM x', isCached: true, startedAt: 1_700_000_000_500})],
		progress: [{
			vertex: digest, id: 'layer', name: '', current: 5, total: 2 ** 40, isCompleted: false,
		}],
		logs: [{vertex: digest, at: undefined, text: 'said\n'}],
	});
	t.throws(() => decodeBuildStatus(Buffer.from('no message at all')));
});

test('a status as a daemon sends it', t => {
	const sent = 'CrEBCkdzaGEyNTY6OGYxY2ExNGIyOTg3NDMzNjliOTcxYzVhODU0ZjJjMDRiNjQ2MGFkYWI1MDFhYjJhNzlmMzUwY2YwZjAzMzZlYRJHc2hhMjU2OjhiOTdhZGVjNzdhN2E5MzI1MTY5ODM0NDRjYjAyYmZhMGExNDUwYmY1ZmFjMjg5ODQ3MjkzMGQ4YTUyYzQwNmUaD2NvcHkgL2NvbnRleHQgLyoMCIeCtdgGEOqgsMcD';
	const {vertexes: [copied]} = decodeBuildStatus(Buffer.from(sent, 'base64'));
	t.is(copied!.name, 'copy /context /');
	t.is(new Date(copied!.startedAt!).toISOString(), '2026-11-30T09:25:27.954Z');
});

test('the steps of a build are shown as BuildKit\'s plain progress', t => {
	const {read} = createBuildProgress();
	t.deepEqual(read(status({vertexes: [vertex()]})), []);
	t.deepEqual(read(status({
		vertexes: [vertex({startedAt: 1000}), vertex({digest: 'other', name: '[1/3] FROM x', startedAt: 1000, completedAt: 1000, isCached: true})],
		logs: [{vertex: digest, at: 1250, text: 'one\ntw'}, {vertex: 'unknown', at: 1, text: 'lost\n'}],
	})), [{text: '#1 [2/3] RUN make\n#2 [1/3] FROM x\n#1 0.250 one\n'}, {text: '#2 CACHED\n'}]);
	t.deepEqual(read(status({
		progress: [{
			vertex: digest, id: 'sha256:layer', name: '', current: 5, total: 10, isCompleted: false,
		}, {
			vertex: 'unknown', id: 'x', name: 'x', current: 5, total: 10, isCompleted: true,
		}],
	})), [{
		id: '#1 sha256:layer', status: 'transferring', current: 5, total: 10,
	}]);
	t.deepEqual(read(status({
		vertexes: [vertex({startedAt: 1000, completedAt: 2234})],
		logs: [{vertex: digest, at: 1500, text: 'o'}],
	})), [{text: '#1 1.234 two\n#1 DONE 1.2s\n'}]);
	t.deepEqual(read(status({vertexes: [vertex({startedAt: 1000, completedAt: 2234})]})), [], 'once');
	const third = status({vertexes: [vertex({digest: 'third', startedAt: 1000})], logs: [{vertex: 'third', at: 1000, text: 'x'.repeat(200_000)}]});
	t.regex(read(third)[0]!.text!, /^#3 \[2\/3\] RUN make\n#3 0\.000 x{200000}\n$/v, 'also without a line feed');
});

test('a failed build names its step and the reason', t => {
	const of = (name: string, reason: string) => {
		const {message: text, remedy, commandStatus, code} = buildFailure(reason, name === '' ? undefined : {name});
		return [text, remedy, commandStatus, code];
	};

	const step = 'fix that step of the Dockerfile';
	t.deepEqual(of('[3/3] RUN exit 3', 'executor failed running [/bin/sh -c exit 3]: exit code: 3'), ['Build failed at step 3/3, RUN exit 3: The command \'/bin/sh -c exit 3\' returned a non-zero code: 3', step, 3, 'invalid']);
	t.deepEqual(of('[stage-1 3/3] RUN exit 3', 'failed to solve: process "/bin/sh -c exit 3" did not complete successfully: exit code: 3'), ['Build failed at step 3/3, RUN exit 3: The command \'/bin/sh -c exit 3\' returned a non-zero code: 3', step, 3, 'invalid']);
	t.deepEqual(of('[2/2] COPY nope /', 'failed to compute cache key: failed to calculate checksum of ref abc::def: "/nope": not found').slice(0, 2), ['Build failed at step 2/2, COPY nope /: "/nope": not found', step]);
	t.deepEqual(of('', 'failed to solve with frontend dockerfile.v0: failed to create LLB definition: failed to do request: Head "https://registry.example/v2/library/none/manifests/latest": dial tcp: lookup registry.example on 192.168.65.1:53: no such host').slice(0, 2), ['Build failed: failed to do request: Head "https://registry.example/v2/library/none/manifests/latest": dial tcp: lookup registry.example on 192.168.65.1:53: no such host', 'check the name of the image and the network; without a registry, holm load or holm import brings it']);
	t.is(of('', 'failed to compute cache key: "/none" not found: not found')[0], 'Build failed: "/none" not found');
	t.is(of('', 'lstat /var/lib/docker/overlay2/9fc70a64/merged/none: no such file or directory')[0], 'Build failed: lstat /none: no such file or directory');
	t.deepEqual(of('', 'failed to solve with frontend dockerfile.v0: failed to create LLB definition: dockerfile parse error line 2: unknown instruction: FLY').slice(0, 2), ['Build failed: dockerfile parse error line 2: unknown instruction: FLY', 'fix the Dockerfile; the lines of a here-document are instructions to a builder that does not know them, as Debian 12\'s']);
	t.regex(of('[internal] load metadata for 127.0.0.1:1/x', 'failed to do request: Head "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused')[1] as string, /^pull or tag the image first/v);
	t.deepEqual(of('[internal] load metadata for docker.io/library/box:latest', 'failed to solve: no match for platform in manifest sha256:12: not found').slice(0, 2), ['Build failed: docker.io/library/box:latest: no match for platform in manifest sha256:12: not found', 'name a base image that is there for the platform, or leave out the platform']);
	t.regex(of('[2/2] RUN --mount=type=ssh,required=true true', 'no SSH key "default" forwarded from the client')[1] as string, /--ssh default$/v);
	t.regex(of('', 'pulling from host a.example failed with status code [manifests latest]: 401 Unauthorized')[1] as string, /holm login$/v);
});

test('the step that failed is the one that was not only cancelled', t => {
	const {read, failure} = createBuildProgress();
	read(status({vertexes: [vertex({digest: 'a', startedAt: 1, completedAt: 2, error: 'exit code: 1'}), vertex({digest: 'b', name: '[b 1/2] RUN sleep', startedAt: 1, completedAt: 2, error: 'process "x" did not complete: context canceled'})]}));
	t.is(failure('exit code: 1').message, 'Build failed at step 2/3, RUN make: exit code: 1');
});

test('a step whose program is for another processor is told apart', t => {
	const {read, failure} = createBuildProgress();
	read(status({vertexes: [vertex({startedAt: 1})], logs: [{vertex: digest, at: 1, text: 'exec /bin/sh: exec format error\n'}]}));
	read(status({vertexes: [vertex({startedAt: 1, completedAt: 2, error: 'exit code: 1'})]}));
	t.regex(failure('process "/bin/sh -c make" did not complete successfully: exit code: 1').remedy!, /FROM --platform=\$BUILDPLATFORM$/v);
});
