import {Buffer} from 'node:buffer';
import {Readable} from 'node:stream';
import {tarOf, type Register} from './laboratory.js';

/** Building images. */
export const testBuild = (test: Register): void => {
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
			'HEALTHCHECK --interval=7s --start-period=500ms --retries=4 CMD ["cat", "/etc/passwd"]',
			'LABEL holm.test=built',
			'CMD ["sh", "-c", "cat greeting.txt made.txt; ls scripts; echo $MODE $QUOTED"]',
		].join('\n'), {'greeting.txt': 'hello\n', 'one.sh': 'x', 'two.sh': 'y'}, {tags: [tag], buildArguments: {WHO: 'you'}, labels: {'holm.more': 'yes'}});
		t.true(printed.includes('COPY greeting.txt'), printed);
		t.true(printed.endsWith(`Successfully tagged ${tag}\n`), printed);
		const built = await engine.image(tag);
		t.is(built.id, imageId.startsWith('sha256:') ? imageId : `sha256:${imageId}`);
		const {configuration, layers} = built;
		t.is(configuration.workingDirectory, '/app');
		t.true(configuration.environment.includes('MODE=test') && configuration.environment.includes('QUOTED=a b'));
		t.true(configuration.exposedPorts.includes('8000/tcp'));
		t.like(configuration.healthcheck, {
			test: ['CMD', 'cat', '/etc/passwd'], intervalMs: 7000, startPeriodMs: 500, retries: 4,
		});
		t.like(configuration.labels, {'holm.test': 'built', 'holm.more': 'yes'});
		t.true(layers.length > (await engine.image(image)).layers.length);
		const id = await create({image: tag});
		await engine.startContainer(id);
		t.is((await engine.waitContainer(id)).exitCode, 0);
		t.is((await output(id)).stdout, 'hello\nmade for you\none.sh\ntwo.sh\ntest a b\n');
		t.true((await engine.container(id)).exposedPorts.includes('8000/tcp'));
	});

	test('an image of a file system, with changes and a message', async ({t, engine, uniqueName, refused}) => {
		const tag = `${uniqueName('imported')}:1`;
		const {id} = await engine.importImage(tarOf([['etc/motd', 'hello']]), {tag, message: 'from a test', changes: ['CMD ["/bin/x"]', 'ENV A=b']});
		const {id: found, configuration, layers, history} = await engine.image(tag);
		t.is(found, id);
		t.deepEqual(configuration.command, ['/bin/x']);
		t.true(configuration.environment.includes('A=b'));
		t.is(layers.length, 1);
		t.true(history.some(({comment}) => comment.startsWith('from a test')));
		await refused('invalid', /./v, async () => engine.importImage(Readable.from([Buffer.from('no tar at all'.repeat(100))])));
		await refused('invalid', /./v, async () => engine.importImage(tarOf([['x', '']]), {changes: ['RUN x']}));
	});

	test('a build that fails says at which step and leaves no name', async ({engine, image, build, refused, uniqueName}) => {
		const tag = `${uniqueName('failed')}:1`;
		await refused('invalid', /step 2\/2, RUN exit 3: The command '\/bin\/sh -c exit 3' returned a non-zero code: 3/v, async () => build(`FROM ${image}\nRUN exit 3\n`, {}, {tags: [tag]}));
		await refused('invalid', 'missing.txt', async () => build(`FROM ${image}\nCOPY missing.txt /\n`, {}, {tags: [tag]}));
		await refused('invalid', /nonsense/iv, async () => build(`FROM ${image}\nNONSENSE here\n`, {}, {tags: [tag]}));
		await refused('invalid', 'other.file', async () => build(`FROM ${image}\n`, {}, {tags: [tag], file: 'other.file'}));
		await refused('not-found', tag, async () => engine.image(tag));
	});
};
