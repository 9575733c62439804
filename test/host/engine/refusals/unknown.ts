import type {World} from '../world.js';
import {checkRefusals, oneLine, type Refusal} from './check.js';

const container = /No such container: nobody/v;
const network = /network nowhere not found/v;
const image = /no such image: .*nothing/iv;

/** Objects that do not exist. */
export const unknownTests = (world: World): void => {
	world.test('an unknown container', async t => {
		await checkRefusals(t, world, [
			...['start', 'stop', 'restart', 'kill', 'rm', 'wait', 'logs', 'diff', 'export', 'commit', 'stats', 'top', 'port', 'pause', 'unpause'].map((verb): Refusal => [[verb, 'nobody'], 1, container]),
			[['exec', 'nobody', 'true'], 125, container],
			[['attach', 'nobody'], 125, container],
			[['rename', 'nobody', 'somebody'], 1, container],
			[['update', '--restart', 'no', 'nobody'], 1, container],
			[['cp', 'nobody:/etc/passwd', '.'], 1, container],
			[['container', 'inspect', 'nobody'], 1, container],
			[['inspect', 'nobody'], 1, /nobody/v],
			[['network', 'connect', 'bridge', 'nobody'], 1, container],
			[['network', 'disconnect', 'bridge', 'nobody'], 1, container],
			[['logs', '../nobody'], 1, /\.\.\/nobody/v],
			[['logs', ''], 1, /No such container: ""/v],
		]);
	});

	world.test('an unknown network', async t => {
		await world.holm('create', '--name', 'someone', 'box');
		await checkRefusals(t, world, [
			[['run', '--network', 'nowhere', 'box', 'true'], 125, network],
			[['run', '-d', '--network', 'bridge', '--network', 'nowhere', 'box', 'true'], 125, network],
			[['create', '--network', 'nowhere', 'box', 'true'], 125, network],
			[['network', 'inspect', 'nowhere'], 1, network],
			[['network', 'rm', 'nowhere'], 1, network],
			[['network', 'dns', 'nowhere'], 1, network],
			[['network', 'connect', 'nowhere', 'someone'], 1, network],
			[['network', 'disconnect', 'nowhere', 'someone'], 1, network],
		]);
		await world.holm('rm', 'someone');
	});

	world.test('an unknown image, and one whose registry does not answer', async t => {
		await checkRefusals(t, world, [
			[['run', '--pull', 'never', 'nothing', 'true'], 125, image],
			[['create', '--pull', 'never', 'nothing'], 125, image],
			[['image', 'inspect', 'nothing'], 1, image],
			[['image', 'rm', 'nothing'], 1, image],
			[['rmi', 'sha256:0123456789'], 1, /no such image: .*0123456789/iv],
			[['tag', 'nothing', 'other'], 1, image],
			[['save', '-o', `${world.directory}/nothing.tar`, 'nothing'], 1, image],
			[['history', 'nothing'], 1, image],
			[['push', 'nothing'], 1, /nothing/v],
			[['pull', 'not a reference'], 1, /not a reference/v],
			[['run', 'BOX', 'true'], 125, /BOX/v],
		]);
		const before = await world.traces();
		const pull = await world.run(['pull', '127.0.0.1:1/nothing']);
		t.is(pull.status, 1);
		t.regex(pull.stderr, oneLine);
		t.regex(pull.stderr, /127\.0\.0\.1:1/v);
		const run = await world.run(['run', '127.0.0.1:1/nothing', 'true']);
		t.is(run.status, 125);
		const lines = run.stderr.split('\n');
		t.is(lines[0], 'Unable to find image \'127.0.0.1:1/nothing\' locally');
		t.regex(lines.slice(1).join('\n'), oneLine);
		t.deepEqual(await world.traces(), before);
	});

	world.test('an unknown volume, command or flag', async t => {
		await checkRefusals(t, world, [
			[['volume', 'inspect', 'nothing'], 1, /nothing: no such volume/v],
			[['volume', 'rm', 'nothing'], 1, /nothing: no such volume/v],
			[['rn', 'box'], 2, /unknown command: rn/v],
			[['run', '--nam', 'x', 'box'], 125, /unknown flag: --nam/v],
			[['ps', '--filter', 'colour=red'], 1, /colour/v],
			[['ps', '--filter', 'status=fine'], 1, /fine/v],
		]);
	});
};
