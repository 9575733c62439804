import {execFileSync} from 'node:child_process';
import {createWriteStream} from 'node:fs';
import {
	mkdir,
	readdir,
	rm,
	symlink,
	truncate,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {createGzip} from 'node:zlib';
import type {ExecutionContext} from 'ava';
import {build} from '../../../source/host/images/build.js';
import type {ImageStore} from '../../../source/host/images/storage.js';
import type {Paths} from '../../../source/host/store/paths.js';
import {tarOf} from '../../contract/laboratory.js';
import {
	buildImage,
	buildOptions,
	collect,
	contextFor,
	hostTest,
	mountsBelow,
	storeFor,
} from './storage-helper.js';

const base = 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n';

type Place = {store: ImageStore; paths: Paths; directory: string};

const assertNothingIsLeft = async (t: ExecutionContext, {store, paths, directory}: Place): Promise<void> => {
	t.deepEqual(await readdir(path.join(paths.images, 'scratch')), []);
	t.deepEqual(JSON.parse(await store.buildah.run(['containers', '--json']) || 'null') ?? [], []);
	t.deepEqual(mountsBelow(directory), []);
};

hostTest('the steps of a build get hosts, limits, a size of /dev/shm, and no network', ['buildah'], async t => {
	const {store, directory} = await storeFor(t);
	const context = await contextFor(directory, 'context', {Dockerfile: `${base}RUN cat /etc/hosts; ulimit -n; df -k /dev/shm | tail -1; ls /sys/class/net\n`});
	const options = {
		...buildOptions, extraHosts: ['db:192.0.2.1', 'gate:host-gateway'], shmBytes: 2 * 1024 * 1024, ulimits: [{name: 'nofile', soft: 64, hard: 128}],
	};
	const text = (await collect(build(store.buildah, context, options))).map(step => step.text ?? '').join('');
	t.regex(text, /^192\.0\.2\.1\s+db$/mv);
	t.regex(text, /^127\.0\.0\.1\s+gate$/mv);
	t.regex(text, /^64$/mv);
	t.regex(text, /\s2048\s.*\/dev\/shm$/mv);
	const alone = {...buildOptions, noCache: true, network: 'none' as const};
	t.regex((await collect(build(store.buildah, context, alone))).map(step => step.text ?? '').join(''), /\/dev\/shm\nlo\n(?:cat|COMMIT)/v);
	await t.throwsAsync(collect(build(store.buildah, context, {...alone, extraHosts: options.extraHosts})), {message: /^Build failed: steps without a network/v});
});

hostTest('a build prints its steps and output, then the id; a second build uses the cache', ['buildah'], async t => {
	const {store, directory, paths} = await storeFor(t);
	const context = await contextFor(directory, 'context', {Dockerfile: `${base}ARG WHAT=none\nRUN echo "built $WHAT"; echo aside >&2\n`});
	const options = {...buildOptions, tags: ['app', 'app:2'], buildArguments: {WHAT: 'this'}};
	const steps = await collect(build(store.buildah, context, options));
	const text = steps.map(step => step.text ?? '').join('');
	t.true(text.includes('STEP 1/5: FROM scratch\n'));
	t.true(text.includes('built this\n'));
	t.true(text.includes('aside\n'));
	const image = await store.get('app:2');
	t.is(steps.findLast(({imageId}) => imageId !== undefined)?.imageId, image.id);
	t.true(text.endsWith(`\nSuccessfully built ${image.id.slice(7, 19)}\nSuccessfully tagged app:latest\nSuccessfully tagged app:2\n`), text);
	t.is(image.tags.length, 2);

	const again = await collect(build(store.buildah, context, options));
	t.true(again.some(step => step.text?.includes('Using cache')));
	t.false(again.some(step => step.text === 'built this\n'));
	const anew = await collect(build(store.buildah, context, {...options, noCache: true}));
	t.true(anew.some(step => step.text === 'built this\n'));
	await assertNothingIsLeft(t, {store, paths, directory});
});

hostTest('a failed cleanup fails no other build, and is retried later', ['buildah'], async t => {
	const {store, directory, paths} = await storeFor(t);
	let isBroken = true;
	const buildah: typeof store.buildah = {
		...store.buildah,
		async run(arguments_, ...rest) {
			if (isBroken && arguments_[0] === 'containers') {
				throw new Error('the storage is busy');
			}

			return store.buildah.run(arguments_, ...rest);
		},
	};
	const failing = await contextFor(directory, 'failing', {Dockerfile: `${base}RUN exit 3\n`});
	await t.throwsAsync(collect(build(buildah, failing, buildOptions)), {message: /at step 4\/4, RUN exit 3/v});
	const context = await contextFor(directory, 'context', {Dockerfile: base});
	const steps = await collect(build(buildah, context, buildOptions));
	t.truthy(steps.findLast(({imageId}) => imageId !== undefined)?.imageId);
	isBroken = false;
	await collect(build(buildah, context, buildOptions));
	await assertNothingIsLeft(t, {store, paths, directory});
});

hostTest('a step that fails is named with its reason, and nothing is left', ['buildah'], async t => {
	const {store, directory, paths} = await storeFor(t);
	for (const [step, message] of [
		['RUN echo working; exit 3', /^Build failed at step 4\/4, RUN echo working; exit 3: The command '\/bin\/sh -c echo working; exit 3' returned a non-zero code: 3$/v],
		['COPY nope /nope', /^Build failed at step 4\/4, COPY nope \/nope: not in the build context: "\/nope"/v],
		['COPY link /x', /^Build failed at step 4\/4, COPY link \/x: "link" is a link to "\/no-such-place\/file", which is not in the build context$/v],
		['RUN <<EOF\nEOF', /^Build failed at line 4, RUN <<EOF: here-documents need buildah 1\.33 or later$/v],
		['COPY <<EOF /x', /^Build failed at step 4\/4, COPY <<EOF \/x: here-documents need buildah/v],
		['FROBNICATE', /FROBNICATE/v],
	] as const) {
		const context = await contextFor(directory, 'context', {Dockerfile: `${base}${step}\n`});
		await symlink('/no-such-place/file', path.join(context, 'link')).catch(() => undefined);
		await t.throwsAsync(collect(build(store.buildah, context, {...buildOptions, tags: ['app']})), {code: 'invalid', message});
		await assertNothingIsLeft(t, {store, paths, directory});
	}

	await t.throwsAsync(store.get('app'), {code: 'not-found'});
});

/** Escapes from a chroot through a working directory outside it, and looks for a file in the topmost directory. */
const leaving = (file: string) => [
	'mkdir -p /d/bin && cp /bin/busybox /d/bin/busybox',
	`busybox nsenter --root=/d --wd=/ /bin/busybox sh -c 'n=0; while [ $n -lt 40 ]; do cd -P ..; n=$((n + 1)); done; /bin/busybox chroot . /bin/cat ${file}'`,
].join(' && ');

hostTest('a build step cannot access the host\'s files and devices', ['buildah', 'crun', 'unshare'], async t => {
	const {store, directory} = await storeFor(t);
	const secret = path.join(directory, 'secret');
	await writeFile(secret, 'of the host');
	const steps = [
		'RUN echo own >/own',
		`RUN echo "left: $(${leaving(secret)} 2>&1)"`,
		// The topmost directory is its own root, which has the program.
		`RUN echo "stayed: $(${leaving('/own')} 2>&1)"`,
		'RUN echo "device: $(mknod /zero c 1 5 2>&1)"',
		// Making an archive with devices needs no privileges.
		'ADD devices.tar /',
		'RUN echo "archived: $(head -c 1 /kmsg 2>&1)"',
		'RUN echo devices: $(find /dev -type b -o -type c)',
		'RUN echo "groups: $(ls -A /sys/fs/cgroup)"; ! touch /sys/fs/cgroup/x 2>/dev/null',
		'RUN grep CapEff /proc/self/status',
		// As package managers do: apk calls chroot before each script.
		'RUN chroot . true && touch /f && chown 5:6 /f && chmod u+s /f; stat -c "%u:%g %a" /f',
	];
	const context = await contextFor(directory, 'context', {Dockerfile: `${base}${steps.join('\n')}\n`});
	await pipeline(tarOf([['kmsg', {type: 'character-device', devmajor: 1, devminor: 11}]]), createWriteStream(path.join(context, 'devices.tar')));
	const output = await collect(build(store.buildah, context, buildOptions));
	const text = output.map(step => step.text ?? '').join('');
	t.false(text.includes('of the host'), text);
	t.regex(text, /^stayed: own$/mv);
	t.regex(text, /^device: .*not permitted$/mv);
	t.regex(text, /^archived: .*[Pp]ermi.*$/mv);
	const {devices: shown = ''} = /^devices: (?<devices>.*)$/mv.exec(text)?.groups ?? {};
	t.deepEqual(shown.split(' ').filter(device => !/^\/dev\/(?:console|full|null|ptmx|pts\/ptmx|random|tty|urandom|zero)$/v.test(device)), []);
	t.regex(text, /^groups: $/mv);
	t.regex(text, /^5:6 4644$/mv);
	const capabilities = BigInt(`0x${/^CapEff:\s+(?<set>[\da-f]+)$/mv.exec(text)?.groups?.set}`);
	// Numbers of linux/capability.h.
	for (const [name, number] of [['NET_RAW', 13n], ['SYS_PTRACE', 19n], ['SYS_ADMIN', 21n], ['MKNOD', 27n]] as const) {
		t.is((capabilities >> number) & 1n, 0n, name);
	}
});

hostTest('an aborted build ends every process it began', ['buildah', 'unshare'], async t => {
	const {store, directory, paths} = await storeFor(t);
	const marker = `9${process.pid}.5`;
	const context = await contextFor(directory, 'context', {Dockerfile: `${base}RUN echo ready; setsid sleep ${marker} & sleep ${marker}\n`});
	const controller = new AbortController();
	const steps = build(store.buildah, context, {...buildOptions, signal: controller.signal});
	await t.throwsAsync(async () => {
		for await (const {text} of steps) {
			if (text === 'ready\n') {
				controller.abort();
			}
		}
	}, {code: 'unavailable', message: 'Build cancelled'});
	t.false(execFileSync('ps', ['-eo', 'args'], {encoding: 'utf8'}).includes(`sleep ${marker}`));
	await assertNothingIsLeft(t, {store, paths, directory});
});

hostTest('a build ends when its reader stops', ['buildah', 'unshare'], async t => {
	const {store, directory, paths} = await storeFor(t);
	const context = await contextFor(directory, 'context', {Dockerfile: `${base}RUN echo ready; sleep 1000\n`});
	for await (const {text} of build(store.buildah, context, buildOptions)) {
		if (text === 'ready\n') {
			break;
		}
	}

	await assertNothingIsLeft(t, {store, paths, directory});
});

hostTest('the recipe is chosen, targets and labels are honoured, and .dockerignore keeps files out', ['buildah'], async t => {
	const {store, directory} = await storeFor(t);
	const context = await contextFor(directory, 'context', {
		Containerfile: `${base}LABEL which=containerfile\n`,
		'other.txt': `${base}COPY . /context\nRUN test -e /context/kept && test ! -e /context/secret\nFROM scratch AS first\nLABEL stage=first\nFROM scratch AS second\nLABEL stage=second\n`,
		'.dockerignore': 'secret\n',
		secret: 's',
		kept: 'k',
	});
	await buildImage(store, context, {tags: ['one']});
	t.is((await store.get('one')).configuration.labels.which, 'containerfile');
	await buildImage(store, context, {
		tags: ['two'], file: 'other.txt', target: 'first', labels: {'with space': 'a=b "c"'},
	});
	t.deepEqual((await store.get('two')).configuration.labels, {'with space': 'a=b "c"', stage: 'first'});
	const ignored = await contextFor(directory, 'ignored', {
		Dockerfile: `${base}COPY . /context\nRUN cd /context && test "$(echo * a/* a/b/*)" = "a busybox kept a/b a/b/c.py"\n`,
		'.dockerignore': '*\n!kept\n!busybox\n!**/*.py\n',
		secret: 's',
		kept: 'k',
		'a/secret': 's',
		'a/b/c.py': 'p',
		'd/secret': 's',
	});
	await t.notThrowsAsync(buildImage(store, ignored));
});

hostTest('a list of ignored files outside of the context, or one too large to read, is refused', ['buildah', 'mkfifo'], async t => {
	const {store, directory} = await storeFor(t);
	await contextFor(directory, 'outside', {list: 'secret\n'});
	const pipe = path.join(directory, 'pipe');
	execFileSync('mkfifo', [pipe]);
	for (const name of ['.dockerignore', '.containerignore', 'sub/other.dockerignore', 'sub/other.containerignore']) {
		for (const target of ['../outside/list', pipe, '/dev/zero', '.']) {
			const context = await contextFor(directory, 'context', {Dockerfile: base});
			await mkdir(path.join(context, 'sub'), {recursive: true});
			await writeFile(path.join(context, 'sub/other'), base);
			await symlink(name.startsWith('sub/') && target.startsWith('..') ? `../${target}` : target, path.join(context, name));
			await t.throwsAsync(buildImage(store, context, name.startsWith('sub/') ? {file: 'sub/other'} : {}), {code: 'invalid', message: `"${name}" is not a file within the build context`}, target);
			await rm(context, {recursive: true});
		}
	}

	for (const name of ['.dockerignore', 'Dockerfile']) {
		const context = await contextFor(directory, `large-${name}`, {Dockerfile: base, [name]: ''});
		await truncate(path.join(context, name), 5 * 1024 ** 2);
		await t.throwsAsync(buildImage(store, context), {code: 'invalid', message: `"${name}" is larger than 4 MiB`});
	}

	const within = await contextFor(directory, 'within', {Dockerfile: `${base}COPY . /context\nRUN test ! -e /context/secret && test -e /context/list\n`, list: 'secret\n', secret: 's'});
	await symlink('list', path.join(within, '.dockerignore'));
	await t.notThrowsAsync(buildImage(store, within));
});

hostTest('a recipe outside of the context is refused, by a path and by a link', ['buildah'], async t => {
	const {store, directory} = await storeFor(t);
	const context = await contextFor(directory, 'context', {});
	await contextFor(directory, 'outside', {Dockerfile: base});
	await symlink('../outside/Dockerfile', path.join(context, 'link'));
	await t.throwsAsync(buildImage(store, context), {code: 'invalid', message: /no Dockerfile or Containerfile/v});
	await t.throwsAsync(buildImage(store, context, {file: 'missing'}), {code: 'invalid', message: /has no "missing"/v});
	for (const file of ['../outside/Dockerfile', 'link', path.join(directory, 'outside/Dockerfile'), '.']) {
		await t.throwsAsync(buildImage(store, context, {file}), {code: 'invalid', message: /not a file within the build context/v}, file);
	}
});

hostTest('the daemon\'s environment does not reach a build', ['buildah'], async t => {
	const {store, directory} = await storeFor(t);
	process.env.HOLM_TEST_SECRET = 'leaked';
	t.teardown(() => {
		delete process.env.HOLM_TEST_SECRET;
	});
	const context = await contextFor(directory, 'context', {Dockerfile: `${base}RUN env; test -z "$HOLM_TEST_SECRET"\n`});
	await t.notThrowsAsync(buildImage(store, context));
});

hostTest('an image is imported from a tar, also a compressed one, and nothing else is taken for one', ['buildah'], async t => {
	const {store, directory, paths} = await storeFor(t);
	const tar = tarOf([['etc/motd', 'hello\n']]);
	const id = await store.import(tar.pipe(createGzip()), {message: 'from a test', changes: ['CMD ["/bin/x"]', 'ENV A=b']});
	const {configuration, layers, history} = await store.get(id);
	t.deepEqual([configuration.command, configuration.environment.filter(variable => variable.startsWith('A=')), layers.length], [['/bin/x'], ['A=b'], 1]);
	t.true(history.some(({comment}) => comment.startsWith('from a test')));
	const context = await contextFor(directory, 'context', {Dockerfile: `FROM ${id.slice(7)}\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "cat", "/etc/motd"]\n`});
	t.true((await collect(build(store.buildah, context, buildOptions))).some(({text}) => text === 'hello\n'));
	await t.throwsAsync(store.import(Readable.from([new Uint8Array(2000).fill(1)]), {}), {code: 'invalid', message: 'the file system to import is not a tar'});
	await assertNothingIsLeft(t, {store, paths, directory});
});
