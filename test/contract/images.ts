import {Buffer} from 'node:buffer';
import {buffer} from 'node:stream/consumers';
import {Readable} from 'node:stream';
import {formatReference, parseReference} from '../../source/rules/images/reference.js';
import type {ContractOptions, Register} from './laboratory.js';

/** Images: names, use, builds, archives. */
export const testImages = (test: Register, {lacks = {}, shared = false}: ContractOptions): void => {
	test('an image is found by its name, id and beginning of the id', async ({t, engine, image, refused}) => {
		const found = await engine.image(image);
		t.regex(found.id, /^sha256:[\da-f]{64}$/v);
		t.true(found.tags.length > 0);
		t.deepEqual(found.tags.map(tag => formatReference(parseReference(tag))), found.tags, 'names are in full');
		t.true(found.sizeBytes > 0 && found.layers.length > 0 && found.history.length > 0 && found.architecture !== '' && found.os === 'linux');
		t.true(found.history.filter(({empty}) => !empty).length <= found.layers.length);
		for (const reference of [found.id, found.id.slice('sha256:'.length), found.id.slice('sha256:'.length, 'sha256:'.length + 16), found.tags[0]!]) {
			t.is((await engine.image(reference)).id, found.id);
		}

		const listed = await engine.images();
		t.true(listed.some(({id}) => id === found.id));
		t.deepEqual((await engine.images({filters: {reference: [image]}})).map(({id}) => id), [found.id]);
		t.deepEqual(await engine.images({filters: {reference: ['no-such-image-at-all']}}), []);
		t.false((await engine.images({filters: {dangling: ['true']}})).some(({id}) => id === found.id));
		await refused('not-found', 'No such image: no-such-image', async () => engine.image('no-such-image'));
		await refused('invalid', 'Not/A', async () => engine.image('Not/A reference'));
		await refused('invalid', 'colour', async () => engine.images({filters: {colour: ['red']}}));
	});

	test('names are given and taken away, and the image stays', async ({t, engine, image, uniqueName, undo, refused}) => {
		const name = `${uniqueName('tagged')}:one`;
		undo.push(async () => {
			await engine.removeImage(name);
		});
		const {id} = await engine.image(image);
		await engine.tagImage(image, name);
		t.is((await engine.image(name)).id, id);
		t.true((await engine.image(id)).tags.some(tag => tag.endsWith(name)));
		await engine.tagImage(image, name);
		const {untagged, deleted} = await engine.removeImage(name);
		t.deepEqual(untagged, [name]);
		t.deepEqual(deleted, []);
		t.is((await engine.image(image)).id, id);
		await refused('not-found', name, async () => engine.removeImage(name));
		await refused('not-found', 'no-such-image', async () => engine.tagImage('no-such-image', name));
		await refused('invalid', 'team/UPPER', async () => engine.tagImage(image, 'team/UPPER'));
	});

	if (!lacks.build) {
		test('an image is built from a context, and runs', async ({t, engine, image, build, create, output, uniqueName}) => {
			const tag = `${uniqueName('built')}:1`;
			const {imageId, printed} = await build([
				`FROM ${image}`,
				'ARG WHO=nobody',
				'WORKDIR /app',
				'COPY greeting.txt ./',
				'COPY *.sh scripts/',
				'RUN echo "made for $WHO" > made.txt',
				'ENV MODE=test QUOTED="a b"',
				'EXPOSE 8000/tcp',
				'LABEL holm.test=built',
				'CMD ["sh", "-c", "cat greeting.txt made.txt; ls scripts; echo $MODE $QUOTED"]',
			].join('\n'), {'greeting.txt': 'hello\n', 'one.sh': 'x', 'two.sh': 'y'}, {tags: [tag], buildArguments: {WHO: 'you'}, labels: {'holm.more': 'yes'}});
			t.true(printed.includes('COPY greeting.txt'), printed);
			const built = await engine.image(tag);
			t.is(built.id, imageId.startsWith('sha256:') ? imageId : `sha256:${imageId}`);
			const {configuration, layers} = built;
			t.is(configuration.workingDirectory, '/app');
			t.true(configuration.environment.includes('MODE=test') && configuration.environment.includes('QUOTED=a b'));
			t.true(configuration.exposedPorts.includes('8000/tcp'));
			t.like(configuration.labels, {'holm.test': 'built', 'holm.more': 'yes'});
			t.true(layers.length > (await engine.image(image)).layers.length);
			const id = await create({image: tag});
			await engine.startContainer(id);
			t.is((await engine.waitContainer(id)).exitCode, 0);
			t.is((await output(id)).stdout, 'hello\nmade for you\none.sh\ntwo.sh\ntest a b\n');
			t.true((await engine.container(id)).exposedPorts.includes('8000/tcp'));
		});

		test('a build that fails says at which step and leaves no name', async ({engine, image, build, refused, uniqueName}) => {
			const tag = `${uniqueName('failed')}:1`;
			await refused('invalid', /step 2\/2, run/iv, async () => build(`FROM ${image}\nRUN exit 3\n`, {}, {tags: [tag]}));
			await refused('invalid', 'missing.txt', async () => build(`FROM ${image}\nCOPY missing.txt /\n`, {}, {tags: [tag]}));
			await refused('invalid', /nonsense/iv, async () => build(`FROM ${image}\nNONSENSE here\n`, {}, {tags: [tag]}));
			await refused('invalid', 'other.file', async () => build(`FROM ${image}\n`, {}, {tags: [tag], file: 'other.file'}));
			await refused('not-found', tag, async () => engine.image(tag));
		});

		test('an image in use is not removed', async ({t, engine, image, build, create, start, refused, uniqueName}) => {
			const tag = `${uniqueName('used')}:1`;
			const {imageId} = await build(`FROM ${image}\nLABEL a=${tag}\n`, {}, {tags: [tag]});
			const name = uniqueName('user');
			const id = await create({name, image: tag, command: ['true']});
			await refused('conflict', new RegExp(`${name}|${id.slice(0, 12)}`, 'v'), async () => engine.removeImage(tag));
			await engine.removeContainer(id);
			const running = await start({image: tag});
			await refused('conflict', /container/v, async () => engine.removeImage(imageId, {force: true}));
			await engine.removeContainer(running, {force: true});
			const {untagged, deleted} = await engine.removeImage(tag);
			t.deepEqual(untagged, [tag]);
			t.true(deleted.includes(imageId.startsWith('sha256:') ? imageId : `sha256:${imageId}`));
		});

		test('images are saved and loaded again', async ({t, engine, image, build, create, output, uniqueName}) => {
			const [one, two] = [`${uniqueName('saved')}:1`, `${uniqueName('saved')}:2`];
			await build(`FROM ${image}\nCOPY file /file\nCMD ["cat", "/file"]\n`, {file: `in ${one}\n`}, {tags: [one]});
			await build(`FROM ${image}\nLABEL two=${two}\n`, {}, {tags: [two]});
			const before = await engine.image(one);
			const archive = await buffer(await engine.saveImages([one, two]));
			await engine.removeImage(one);
			await engine.removeImage(two);
			const steps = await Array.fromAsync(engine.loadImages(Readable.from([archive])));
			const printed = steps.map(({text = ''}) => text).join('');
			t.true(printed.includes(one) && printed.includes(two), printed);
			const after = await engine.image(one);
			t.deepEqual(after.configuration, before.configuration);
			t.is(after.id, before.id);
			const id = await create({image: one});
			await engine.startContainer(id);
			await engine.waitContainer(id);
			t.is((await output(id)).stdout, `in ${one}\n`);
		});

		if (!shared) {
			test('prune takes nameless images, and unused ones when all are meant', async ({t, engine, image, build, create, uniqueName}) => {
				const tag = `${uniqueName('pruned')}:1`;
				const first = await build(`FROM ${image}\nLABEL turn=one-${tag}\n`, {}, {tags: [tag]});
				await build(`FROM ${image}\nLABEL turn=two-${tag}\n`, {}, {tags: [tag]});
				const {id} = await engine.image(tag);
				await create({image, command: ['true']});
				const {removed} = await engine.pruneImages();
				t.true(removed.some(item => item.includes(first.imageId.replace('sha256:', ''))), JSON.stringify(removed));
				t.is((await engine.image(tag)).id, id);
				await create({image: tag, command: ['true']});
				await engine.pruneImages({filters: {label: [`turn=two-${tag}`]}});
				t.is((await engine.image(tag)).id, id, 'one with a container stays');
			});
		}
	}

	test('what is no archive is refused', async ({engine, refused}) => {
		await refused('invalid', /archive/v, async () => Array.fromAsync(engine.loadImages(Readable.from([Buffer.alloc(1024, 'this is no tar')]))));
		await refused('not-found', 'no-such-image', async () => engine.saveImages(['no-such-image']));
	});

	if (!lacks.registry) {
		test('an image that the registry does not know is not pulled', async ({engine, refused}) => {
			await refused('not-found', 'no-such-image-at-all', async () => Array.fromAsync(engine.pullImage('no-such-image-at-all:never')));
		});
	}
};
