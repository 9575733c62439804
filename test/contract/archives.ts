import {Buffer} from 'node:buffer';
import type {Readable} from 'node:stream';
import {extract} from 'tar-stream';
import {HolmError} from '../../source/engine/errors.js';
import {tarOf, type Register} from './laboratory.js';

type Entry = {
	readonly name: string;
	readonly type: string;
	readonly mode: number;
	readonly target: string | undefined;
	readonly text: string;
};

/** The entries of a tar with their content. */
export const entriesOf = async (tar: Readable): Promise<readonly Entry[]> => {
	const entries = extract();
	tar.pipe(entries);
	const found: Entry[] = [];
	for await (const entry of entries) {
		const chunks: Uint8Array[] = [];
		for await (const chunk of entry) {
			chunks.push(chunk as Uint8Array);
		}

		const {name, type, mode, linkname} = entry.header;
		found.push({
			name: name.replace(/\/$/v, ''), type, mode: mode % 0o1_0000, target: linkname ?? undefined, text: Buffer.concat(chunks).toString(),
		});
	}

	return found;
};

/** Copies into containers and out of them. */
export const testArchives = (test: Register): void => {
	test('a tar is unpacked with modes and links, and read again', async ({t, engine, standing, exec}) => {
		const id = await standing();
		await engine.writeArchive(id, '/tmp', tarOf([
			['tree', {type: 'directory', mode: 0o750}],
			['tree/plain', 'content\n', {mode: 0o640}],
			['tree/program', '#!/bin/sh\necho ran\n', {mode: 0o755}],
			['tree/link', {type: 'symlink', linkname: 'plain'}],
			['tree/empty', ''],
			['tree/deep/er/file', 'far down'],
			['tree/same', {type: 'link', linkname: 'tree/plain'}],
		]));
		t.deepEqual(await exec(id, ['/tmp/tree/program']), {stdout: 'ran\n', stderr: '', exitCode: 0});
		t.is((await exec(id, ['cat', '/tmp/tree/link', '/tmp/tree/same', '/tmp/tree/deep/er/file'])).stdout, 'content\ncontent\nfar down');
		t.is((await exec(id, ['stat', '-c', '%a', '/tmp/tree', '/tmp/tree/plain'])).stdout, '750\n640\n');
		const {status, tar} = await engine.readArchive(id, '/tmp/tree');
		t.is(status.name, 'tree');
		t.is(status.mode, 0o04_0750);
		const [first, ...others] = await entriesOf(tar);
		t.like(first, {name: 'tree', type: 'directory', mode: 0o750});
		const byName = new Map(others.map(entry => [entry.name, entry]));
		// One of the two names has the content, and the other one is a link to it.
		const [plain, same] = [byName.get('tree/plain')!, byName.get('tree/same')!];
		const [file, link] = plain.type === 'file' ? [plain, same] : [same, plain];
		t.like(file, {type: 'file', mode: 0o640, text: 'content\n'});
		t.true(link.type === 'file' ? link.text === 'content\n' : link.type === 'link' && link.target === file.name);
		t.like(byName.get('tree/program'), {mode: 0o755});
		t.like(byName.get('tree/link'), {type: 'symlink', target: 'plain'});
		t.is(byName.get('tree/empty')?.text, '');
		t.is(byName.get('tree/deep/er/file')?.text, 'far down');
	});

	test('a single file, and what a path is', async ({t, engine, standing, exec}) => {
		const id = await standing();
		await exec(id, ['sh', '-c', 'printf 12345 > /tmp/five; chmod 600 /tmp/five; ln -s five /tmp/to-five; ln -s /nowhere /tmp/broken']);
		const status = await engine.pathStatus(id, '/tmp/five');
		t.like(status, {name: 'five', sizeBytes: 5, mode: 0o10_0600, linkTarget: ''});
		t.true(Math.abs(status.modifiedAt - Date.now()) < 3_600_000);
		const link = await engine.pathStatus(id, '/tmp/to-five');
		t.is(link.name, 'to-five');
		t.is(Math.floor(link.mode / 0o1_0000), 0o12);
		t.regex(link.linkTarget, /five$/v);
		t.is(Math.floor((await engine.pathStatus(id, '/tmp/broken')).mode / 0o1_0000), 0o12);
		t.is(Math.floor((await engine.pathStatus(id, '/')).mode / 0o1_0000), 0o04);
		await exec(id, ['sh', '-c', 'mkdir /tmp/dir; touch /tmp/dir/inside; ln -s dir /tmp/to-dir']);
		for (const [path, names] of [
			['/tmp/dir', ['dir', 'dir/inside']],
			['/tmp/dir/.', ['.', './inside']],
			['/tmp/to-dir', ['to-dir']],
			['/tmp/to-dir/.', ['.', './inside']],
		] as const) {
			const archive = await engine.readArchive(id, path);
			t.deepEqual((await entriesOf(archive.tar)).map(({name}) => name), [...names], path);
			t.is(Math.floor(archive.status.mode / 0o1_0000), path === '/tmp/to-dir' ? 0o12 : 0o04, path);
		}

		const {tar} = await engine.readArchive(id, '/tmp/five');
		t.like(await entriesOf(tar), [{name: 'five', type: 'file', mode: 0o600, text: '12345'}]);
	});

	test('a container that does not run can be written to and read', async ({t, engine, create, run, output}) => {
		const id = await create({command: ['cat', '/root/given']});
		await engine.writeArchive(id, '/root', tarOf([['given', 'before the start\n']]));
		const resolver = await engine.readArchive(id, '/etc/resolv.conf');
		t.is(resolver.status.name, 'resolv.conf');
		t.deepEqual((await entriesOf(resolver.tar)).map(({name, type}) => [name, type]), [['resolv.conf', 'file']]);
		await engine.startContainer(id);
		await engine.waitContainer(id);
		t.is((await output(id)).stdout, 'before the start\n');
		const {id: written} = await run('echo left > /root/left');
		const {tar} = await engine.readArchive(written, '/root/left');
		t.is((await entriesOf(tar))[0]?.text, 'left\n');
	});

	test('paths that are not there, and places that are no directories', async ({engine, standing, refused}) => {
		const id = await standing();
		await refused('not-found', '/no/such', async () => engine.pathStatus(id, '/no/such'));
		await refused('not-found', '/no/such', async () => engine.readArchive(id, '/no/such'));
		await refused('not-found', '/no/such', async () => engine.writeArchive(id, '/no/such', tarOf([['file', 'x']])));
		await refused('invalid', '/etc/passwd', async () => engine.writeArchive(id, '/etc/passwd', tarOf([['file', 'x']])));
		await refused('not-found', 'nobody-has-this-name', async () => engine.readArchive('nobody-has-this-name', '/'));
	});

	test('what would lead out of the directory stays in it or is refused', async ({t, engine, standing, exec}) => {
		const id = await standing();
		await exec(id, ['mkdir', '-p', '/tmp/outer/inner']);
		await engine.writeArchive(id, '/tmp/outer/inner', tarOf([['good', 'x'], ['../outside', 'x']])).catch((error: unknown) => {
			t.true(error instanceof HolmError, String(error));
		});
		t.is((await exec(id, ['ls', '/tmp/outer'])).stdout, 'inner\n');
	});
};
