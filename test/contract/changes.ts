import {tarOf, type Lacks, type Register} from './laboratory.js';
import {entriesOf} from './archives.js';

const letters = {added: 'A', changed: 'C', deleted: 'D'} as const;

/** Changes of a container's disk, and exports of all of it. */
export const testChanges = (test: Register, lacks: Lacks): void => {
	test('what was added, changed and deleted, while it runs and afterwards', async ({t, engine, start, create, exec}) => {
		const changesOf = async (id: string) => {
			const changes = await engine.changes(id);
			return changes.map(({kind, path}) => `${letters[kind]} ${path}`);
		};

		t.deepEqual(await changesOf(await create()), [], 'nothing before the first start');
		const id = await start();
		t.deepEqual(await changesOf(id), [], 'nothing that its start made');
		await exec(id, ['sh', '-c', 'mkdir -p /root/new/deep; echo x > /root/new/deep/file; echo "x:x:9:9::/:" >> /etc/passwd; rm /etc/group; chmod 711 /tmp; echo x > /tmp/x; rm /tmp/x']);
		const expected = ['C /etc', 'D /etc/group', 'C /etc/passwd', 'C /root', 'A /root/new', 'A /root/new/deep', 'A /root/new/deep/file', 'C /tmp'];
		t.deepEqual(await changesOf(id), expected);
		await engine.stopContainer(id);
		t.deepEqual(await changesOf(id), expected);
		await engine.startContainer(id);
		await exec(id, ['sh', '-c', 'rm -r /root/new; rmdir /root; echo file > /root; rm -r /tmp']);
		t.deepEqual(await changesOf(id), ['C /etc', 'D /etc/group', 'C /etc/passwd', 'C /root', 'D /tmp']);
	});

	test('names that are no words, and mounts, which are no part of the disk', async ({t, engine, create, createVolume, exec, uniqueName}) => {
		const {name: source} = await createVolume({name: uniqueName('disk')});
		const id = await create({
			command: ['sleep', '100'],
			mounts: [
				{
					type: 'volume', source, target: '/made/for/volume', readOnly: false,
				},
				{
					type: 'tmpfs', target: '/made/tmpfs', readOnly: false, options: [],
				},
			],
		});
		await engine.startContainer(id);
		await exec(id, ['sh', '-c', 'echo x > /made/for/volume/inside; echo x > /made/tmpfs/inside']);
		const changes = async () => {
			const all = await engine.changes(id);
			return lacks.cleanMounts ? all.filter(({path}) => !path.startsWith('/made')) : all;
		};

		t.deepEqual(await changes(), []);
		const names = ['-rf', 'a b', 'line\nA fake', 'quote\'s "$(touch x)" `y` \\ *', 'größe 文件', '\u{1B}[31mred'];
		await engine.writeArchive(id, '/tmp', tarOf(names.map(name => [name, 'x'])));
		t.deepEqual(await changes(), [{kind: 'changed', path: '/tmp'}, ...names.map(name => ({kind: 'added' as const, path: `/tmp/${name}`}))].toSorted((one, other) => Buffer.compare(Buffer.from(one.path), Buffer.from(other.path))));
		const entries = await entriesOf(await engine.exportContainer(id));
		t.deepEqual(entries.filter(({name}) => name.startsWith('tmp/')).map(({name}) => name.slice(4)).toSorted(), names.toSorted());
		t.false(entries.some(({name}) => name.endsWith('/inside')));
	});

	test('the whole file system as a tar', async ({t, engine, start, exec}) => {
		const id = await start();
		await exec(id, ['sh', '-c', 'mkdir /root/tree; chmod 700 /root/tree; echo content > /root/tree/file; chmod 4755 /root/tree/file; ln -s ../away /root/tree/link; rm /etc/group']);
		const check = async () => {
			const entries = await entriesOf(await engine.exportContainer(id));
			const byName = new Map(entries.map(entry => [entry.name, entry]));
			t.is(byName.size, entries.length, 'each name once');
			t.false(entries.some(({name}) => /^\.{0,2}(?:\/|$)/v.test(name)), 'names relative to the root');
			t.like(byName.get('root/tree'), {type: 'directory', mode: 0o700});
			t.like(byName.get('root/tree/file'), {type: 'file', mode: 0o4755, text: 'content\n'});
			t.like(byName.get('root/tree/link'), {type: 'symlink', target: '../away'});
			t.regex(byName.get('etc/passwd')?.text ?? '', /^root:/v, 'what is the image\'s, too');
			t.false(byName.has('etc/group'));
			t.true(lacks.cleanMounts === true || !entries.some(({name}) => /^(?:dev|proc|sys)\/./v.test(name)));
			return entries.map(({name}) => name).toSorted();
		};

		const running = await check();
		await engine.stopContainer(id);
		t.deepEqual(await check(), running, 'the same when it does not run');
	});

	test('an export that is not read to its end', async ({t, engine, start}) => {
		const id = await start();
		const leave = async () => {
			const tar = await engine.exportContainer(id);
			await tar[Symbol.asyncIterator]().next();
			tar.destroy();
		};

		// More than the limit of parallel exports.
		for (let count = 0; count < 20; count++) {
			await leave();
		}

		t.deepEqual(await engine.changes(id), []);
		await engine.stopContainer(id);
		await leave();
		await engine.startContainer(id);
	});

	test('the disk of a container that there is not', async ({engine, refused}) => {
		await refused('not-found', 'nobody-has-this-name', async () => engine.changes('nobody-has-this-name'));
		await refused('not-found', 'nobody-has-this-name', async () => engine.exportContainer('nobody-has-this-name'));
	});
};
