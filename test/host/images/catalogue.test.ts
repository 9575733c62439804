import test from 'ava';
import {joinManifests} from '../../../source/host/images/archive.js';
import {planLoad} from '../../../source/host/images/archive-index.js';
import {withParents} from '../../../source/rules/images/parents.js';
import {intermediateIds, tagsAndDigestsOf} from '../../../source/host/images/catalogue.js';
import {find} from '../../../source/rules/images/find.js';
import {parseImage} from '../../../source/rules/images/image.js';
import {ProgramError} from '../../../source/host/images/output-lines.js';
import {registryError} from '../../../source/host/images/transfer.js';

const digest = `sha256:${'d'.repeat(64)}`;
const history = (...steps: readonly string[]) =>
	steps.map((step, index) => ({created: new Date(index * 1000).toISOString(), created_by: step}));
const image = (digit: string, steps: readonly string[], tags: readonly string[] = []) =>
	({...parseImage({id: digit.repeat(64)}, {history: history(...steps)}, 0), tags});
const catalogueOf = (...images: ReadonlyArray<ReturnType<typeof image>>) => ({
	images, intermediate: new Set<string>(), names: new Map<string, readonly string[]>(), layerBytes: 0,
});

test('an image is parsed from its configuration, whatever is missing', t => {
	const hostile = parseImage({id: 'a'.repeat(64), created: 'never'}, {
		config: {
			Env: ['A=b', 7], Cmd: 'sh', Labels: {a: 1, b: 'c'}, Volumes: ['/x'],
		}, history: 7, rootfs: null,
	}, 5);
	t.deepEqual(hostile.configuration, {
		user: '', environment: ['A=b'], entrypoint: [], command: [], workingDirectory: '', exposedPorts: [], volumes: [], labels: {b: 'c'},
	});
	t.is(hostile.createdAt, 0);
	t.deepEqual(hostile.layers, []);
	t.deepEqual(parseImage({id: 'a'.repeat(64)}, null, 0).history, []);
});

test('names part into tags and digests, and what is no reference is none', t => {
	const names = tagsAndDigestsOf({id: 'a', digest, names: ['docker.io/library/app:1', `docker.io/library/app@${digest}`, 'localhost/b:2', 'NO REFERENCE']});
	t.deepEqual(names.tags, ['docker.io/library/app:1', 'localhost/b:2']);
	t.deepEqual(names.digests, [`docker.io/library/app@${digest}`, `localhost/b@${digest}`]);
	const pulled = `sha256:${'e'.repeat(64)}`;
	const again = {
		id: 'a', digest, names: ['docker.io/library/app:1'], 'big-data-names': [`manifest-${digest}`, 'manifest', `manifest-${pulled}`], 'big-data-digests': {manifest: pulled},
	};
	t.deepEqual(tagsAndDigestsOf(again).digests, [`docker.io/library/app@${pulled}`, `docker.io/library/app@${digest}`], 'that of the last pull first');
});

test('the parent of an image is the one with the longest beginning of its history, and with its layers', t => {
	const [base, middle, top] = [image('a', ['x']), image('b', ['x', 'y']), image('c', ['x', 'y', 'z'])];
	const parents = (...images: ReadonlyArray<ReturnType<typeof image>>) => withParents(images).map(({parent}) => parent?.at(-1));
	t.deepEqual(parents(top, middle, image('d', ['y', 'x']), base), ['b', 'a', undefined, undefined]);
	t.deepEqual(parents(top, base), ['a', undefined], 'one that is gone is none');
	t.deepEqual(parents({...top, layers: ['one']}, {...middle, layers: ['other']}, base), ['a', 'a', undefined]);
	t.deepEqual(parents(image('e', [])), [undefined]);
});

test('a nameless image that another was built on is intermediate', t => {
	const images = [image('a', ['x']), image('b', ['x', 'y']), image('c', ['x', 'y', 'z'], ['docker.io/library/c:latest']), image('d', ['other'])];
	t.deepEqual([...intermediateIds(images)].map(id => id.at(-1)), ['a', 'b']);
	t.deepEqual([...intermediateIds([image('a', ['x'], ['docker.io/library/a:latest']), image('b', ['x', 'y'])])], []);
});

test('an image is found by id, name and the beginning of its id', t => {
	const named = image('a', ['x'], ['docker.io/library/cafe:latest']);
	const catalogue = catalogueOf(named, image('c', ['y']), {...image('c', ['z']), id: `sha256:${'c'.repeat(63)}d`});
	t.is(find(catalogue.images, 'a'.repeat(64)).image, named);
	t.is(find(catalogue.images, `sha256:${'a'.repeat(12)}`).name, undefined);
	t.is(find(catalogue.images, 'aa').image, named);
	t.is(find(catalogue.images, 'cafe').name, 'docker.io/library/cafe:latest');
	t.throws(() => find(catalogue.images, 'cc'), {code: 'invalid', message: 'Several image ids begin with cc'});
	t.is(find(catalogue.images, 'c'.repeat(64)).image.id, `sha256:${'c'.repeat(64)}`);
	t.throws(() => find(catalogue.images, 'a'), {code: 'not-found'});
	const error = t.throws(() => find(catalogue.images, 'redis'), {code: 'not-found', message: 'No such image: redis'});
	t.is((error as {remedy?: string}).remedy, 'holm pull redis');
	t.throws(() => find(catalogue.images, 'Redis'), {code: 'invalid'});
});

test('the registry\'s answer decides the error code', t => {
	const code = (said: string) => registryError('Cannot pull x', new ProgramError('buildah', [`Error: ${said}`], {exitCode: 125})).code;
	t.is(code('initializing source docker://x:1: reading manifest 1 in localhost:5000/x: manifest unknown: manifest unknown'), 'not-found');
	t.is(code('initializing source docker://x:1: reading manifest 1 in docker.io/x: unauthorized: authentication required'), 'forbidden');
	t.is(code('pinging container registry localhost:1: Get "http://localhost:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused'), 'unavailable');
	t.is(code('something else'), 'internal');
});

test('archives name their images in either format, and hostile names are left out', t => {
	const docker = new Map<string, unknown>([['manifest.json', [{RepoTags: ['a:1', '../x', 7]}, {}]]]);
	t.deepEqual(planLoad(docker), [
		{source: {transport: 'docker-archive', selector: ':@0'}, tags: ['a:1']},
		{source: {transport: 'docker-archive', selector: ':@1'}, tags: []},
	]);
	const oci = new Map<string, unknown>([['index.json', {manifests: [{annotations: {'org.opencontainers.image.ref.name': 'docker.io/library/a:1'}}]}]]);
	t.deepEqual(planLoad(oci), [{source: {transport: 'oci-archive', selector: ''}, tags: ['docker.io/library/a:1'], description: undefined}]);
	t.throws(() => planLoad(new Map()), {code: 'invalid'});
	t.throws(() => planLoad(new Map([['manifest.json', {}], ['index.json', {}]])), {code: 'invalid'});
	const layers = {Layers: ['l']};
	t.deepEqual(joinManifests([{Config: 'c', RepoTags: ['a'], ...layers}, {Config: 'c', RepoTags: ['b'], ...layers}, {Config: 'd', ...layers}]), [
		{Config: 'c', RepoTags: ['a', 'b'], ...layers},
		{Config: 'd', RepoTags: [], ...layers},
	]);
});
