import type {Register} from './laboratory.js';

/** Images committed from containers. */
export const testCommits = (test: Register): void => {
	test('an image of a container has its files and its configuration, and those of a command', async ({t, engine, create, createVolume, exec, run, undo, uniqueName, stateOf}) => {
		const {name: source} = await createVolume({name: uniqueName('commit')});
		const id = await create({
			command: ['sleep', '100'],
			environment: ['MINE=a $HOME "b" $(c) \\', 'EMPTY='],
			labels: {own: 'x,y=z $1'},
			workingDirectory: '/tmp',
			mounts: [{
				type: 'volume', source, target: '/mounted', readOnly: false,
			}],
		});
		await engine.startContainer(id);
		await exec(id, ['sh', '-c', 'echo new > "/root/a file"; chmod 640 "/root/a file"; echo "x:x:9:9::/:" >> /etc/passwd; rm /etc/group; echo x > /mounted/inside; mkdir /root/d; ln -s /etc /root/link']);
		const tag = `${uniqueName('image')}:one`;
		undo.push(async () => {
			await engine.removeImage(tag, {force: true});
		});
		const before = await engine.container(id);
		const made = await engine.commitContainer(id, {
			tag,
			comment: 'why "not"',
			author: 'me <me@example.org>',
			changes: ['CMD ["cat", "/root/a file"]', 'env ADDED=yes', 'LABEL l=1', 'HEALTHCHECK --interval=1h CMD exit 0'],
		});
		t.is(await stateOf(id), 'running', 'it goes on');
		t.is((await exec(id, ['echo', 'well'])).stdout, 'well\n');
		const image = await engine.image(tag);
		t.is(image.id, made.id);
		const base = await engine.image(before.imageId);
		t.deepEqual(image.layers.slice(0, base.layers.length), base.layers);
		t.deepEqual(image.configuration.command, ['cat', '/root/a file']);
		t.is(image.configuration.workingDirectory, '/tmp');
		t.like(image.configuration.healthcheck, {test: ['CMD-SHELL', 'exit 0'], intervalMs: 3_600_000});
		t.like(image.configuration.labels, {own: 'x,y=z $1', l: '1'});
		t.deepEqual(
			image.configuration.environment.filter(variable => !base.configuration.environment.includes(variable)).toSorted(),
			['ADDED=yes', 'EMPTY=', 'MINE=a $HOME "b" $(c) \\'],
		);
		t.true(image.history.some(({comment}) => comment.includes('why "not"')));
		t.deepEqual([image.author, image.comment], ['me <me@example.org>', 'why "not"']);

		const {stdout, exitCode} = await run('cat "/root/a file"; tail -n 1 /etc/passwd; stat -c %a "/root/a file"; ls -d /root/d; cat /root/link/passwd > /tmp/x && echo linked; test -e /etc/group || echo gone; test -e /mounted/inside || echo separate', {image: tag, workingDirectory: '/'});
		t.is(stdout, 'new\nx:x:9:9::/:\n640\n/root/d\nlinked\ngone\nseparate\n');
		t.is(exitCode, 0);
		const unchanged = await create({image: tag});
		t.deepEqual(await engine.changes(unchanged), [], 'nothing is left to tell');
	});

	test('an image of a container that does not run, without a name', async ({t, engine, run, undo}) => {
		const {id} = await run('rm -r /root; echo file > /root; mkdir /tmp/d');
		const made = await engine.commitContainer(id);
		undo.push(async () => {
			await engine.removeImage(made.id, {force: true});
		});
		t.like(await engine.image(made.id), {tags: [], parent: (await engine.container(id)).imageId});
		t.deepEqual((await engine.image(made.id)).configuration.command.slice(0, 2), ['sh', '-c'], 'it runs what the container ran');
		t.is((await run('cat /root; ls -d /tmp/d', {image: made.id})).stdout, 'file\n/tmp/d\n');
		const {diskBytes = 0} = await engine.container(id, {size: true});
		t.true(diskBytes < 1024 ** 3);
	});

	test('commits that cannot be', async ({engine, lacks, create, refused}) => {
		const id = await create();
		await refused('invalid', 'No Name', async () => engine.commitContainer(id, {tag: 'No Name'}));
		// Some engines take what goes on in another line for its end.
		for (const change of ['RUN touch /x', 'FROM scratch', 'COPY a b', ...lacks.refusals ? [] : ['CMD ["x"]\nRUN y', 'CMD x \\']]) {
			await refused('invalid', 'change', async () => engine.commitContainer(id, {changes: [change, 'USER root']}));
		}

		await refused('not-found', 'nobody-has-this-name', async () => engine.commitContainer('nobody-has-this-name'));
	});
};
