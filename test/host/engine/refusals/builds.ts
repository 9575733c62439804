import {mkdir, readdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {run} from '../../../../source/host/run.js';
import type {World} from '../world.js';

/** Builds that fail. */
export const buildTests = (world: World): void => {
	const contextOf = async (name: string, dockerfile: string) => {
		const context = path.join(world.directory, name);
		await mkdir(context, {recursive: true});
		await writeFile(path.join(context, 'Dockerfile'), dockerfile);
		return context;
	};

	world.test('a Dockerfile that fails in its second step, and other failing builds', async t => {
		const all = await world.holm('images', '-aq');
		const before = await world.traces();
		for (const [name, dockerfile, reason] of [
			['second-step', 'FROM box\nRUN echo first step\nRUN echo second step; false\n', /RUN echo second step/v],
			['no-program', 'FROM box\nRUN ["no-such-program"]\n', /no-such-program/v],
			['no-file', 'FROM box\nCOPY no-such-file /\n', /no-such-file/v],
			['no-instruction', 'FROM box\nFLY away\n', /fly/iv],
			['no-base', 'FROM 127.0.0.1:1/nothing\n', /127\.0\.0\.1:1/v],
			['empty', '', /Dockerfile/v],
		] as const) {
			const context = await contextOf(name, dockerfile);
			const {status, stderr, stdout} = await world.run(['build', '-t', 'failed', context]);
			t.is(status, 1, `${name}: ${stderr}${stdout}`);
			const errors = `${stdout}\n${stderr}`.split('\n').filter(line => line.startsWith('Error: '));
			t.is(errors.length, 1, `${name}: ${stderr}${stdout}`);
			t.regex(errors[0]!, reason);
			t.regex(errors[0]!, / \(.+\)$/v);
		}

		t.deepEqual(await world.traces(), before);
		// Successful steps stay cached until a prune.
		await world.holm('image', 'prune', '-f');
		t.is(await world.holm('images', '-aq'), all);
	});

	world.test('build: a missing context or Dockerfile', async t => {
		const context = await contextOf('good', 'FROM box\n');
		for (const [arguments_, reason] of [
			[[path.join(world.directory, 'no-such-context')], /no-such-context/v],
			[['-f', 'Elsewhere', context], /Elsewhere/v],
			[['-t', 'NOT A NAME', context], /NOT A NAME/v],
			[['--target', 'nowhere', context], /nowhere/v],
		] as const) {
			const {status, stderr} = await world.run(['build', ...arguments_]);
			t.is(status, 1, stderr);
			t.regex(stderr, /(?:^|\n)Error: [^\n]+ \([^\n]+\)\n$/v);
			t.regex(stderr, reason);
		}
	});

	world.test('images and volumes in use are not removed', async t => {
		await world.holm('create', '--name', 'user', '-v', 'used:/used', 'box');
		for (const [command, reason] of [
			[['rmi', 'box'], /box.*user/v],
			[['volume', 'rm', 'used'], /used.*user/v],
		] as const) {
			const {status, stderr} = await world.run(command);
			t.is(status, 1);
			t.regex(stderr, /^Error: [^\n]+ \([^\n]+\)\n$/v);
			t.regex(stderr, reason);
		}

		await world.holm('rm', 'user');

		// A mount inside a volume does not belong to it.
		const {mountpoint} = await world.engine.volume('used');
		await run('mount', ['-t', 'tmpfs', 'tmpfs', mountpoint]);
		try {
			await writeFile(path.join(mountpoint, 'precious'), '');
			t.regex((await world.run(['volume', 'rm', 'used'])).stderr, /^Error: .*used.*in use.*mounted.*umount.*\n$/v);
			await world.holm('volume', 'prune', '-a', '-f');
			t.deepEqual(await readdir(mountpoint), ['precious']);
		} finally {
			await run('umount', [mountpoint]);
		}

		await world.holm('volume', 'rm', 'used');
	});
};
