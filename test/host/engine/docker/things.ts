import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {pathsOf} from '../../../../source/host/store/paths.js';
import {answers, describedVersions} from '../../../api/answer-shapes.js';
import {checkAnswer} from '../../../api/helpers/check-answer.js';
import {expectedFindings} from '../../../api/helpers/expected-findings.js';
import {ask} from '../../../api/helpers/serve.js';
import type {World} from '../world.js';
import {createClient} from './client.js';

/** What is asked while containers are on networks, by the route of the published schema. */
const answersOfNetworks = [
	['GET /containers/json', '/containers/json?all=1&size=1'],
	['GET /containers/{id}/json', '/containers/left/json?size=1'],
	['GET /containers/{id}/stats', '/containers/left/stats?stream=0&one-shot=1'],
	['GET /containers/{id}/top', '/containers/left/top'],
	['GET /containers/{id}/changes', '/containers/left/changes'],
	['GET /images/json', '/images/json'],
	['GET /images/{name}/json', '/images/box/json'],
	['GET /images/{name}/history', '/images/box/history'],
	['GET /networks', '/networks'],
	['GET /networks/{id}', '/networks/net-a'],
	['GET /volumes', '/volumes'],
	['GET /system/df', '/system/df'],
	['GET /info', '/info'],
	['GET /version', '/version'],
] as const;

/** Networks, images and common errors with Docker's client. */
export const thingTests = (world: World): void => {
	world.test('docker: networks', async t => {
		const {docker, run} = createClient(world);
		t.regex(await docker('network', 'create', '--subnet', '10.93.7.0/24', '--label', 'of=test', 'net-a'), /^[\da-f]{64}$/v);
		await docker('network', 'create', 'net-b');
		t.is(await docker('network', 'ls', '--filter', 'label=of=test', '--format', '{{.Name}} {{.Driver}}'), 'net-a bridge');
		await docker('run', '-d', '--name', 'left', '--network', 'net-a', '--network-alias', 'other', 'box', 'sleep', '600');
		await docker('run', '-d', '--name', 'right', '--network', 'net-b', 'box', 'sleep', '600');
		t.regex((await run(['exec', 'right', 'ping', '-c', '1', '-W', '1', 'left'])).stderr, /bad address/v);
		await docker('network', 'connect', '--alias', 'guest', 'net-a', 'right');
		await docker('exec', 'right', 'ping', '-c', '1', '-W', '5', 'other');
		await docker('exec', 'left', 'ping', '-c', '1', '-W', '5', 'guest');
		t.is(await docker('network', 'inspect', '--format', '{{len .Containers}} {{range .IPAM.Config}}{{.Subnet}}{{end}}', 'net-a'), '2 10.93.7.0/24');
		for (const minor of describedVersions) {
			for (const [route, request] of answersOfNetworks) {
				const {status, json} = await ask({socketPath: pathsOf(world.root).socket}, `/v1.${minor}${request}`);
				t.is(status, 200, request);
				const findings = [...checkAnswer(answers[route]!, json, minor, route)];
				t.deepEqual(findings.filter(finding => !expectedFindings(minor).has(finding)), [], `1.${minor} ${request}`);
			}
		}

		const refused = await run(['network', 'rm', 'net-a']);
		t.is(refused.status, 1);
		t.regex(refused.stderr, /has active endpoints/v);
		await docker('network', 'disconnect', 'net-a', 'right');
		t.not((await run(['exec', 'right', 'ping', '-c', '1', '-W', '1', 'left'])).status, 0);
		await docker('rm', '-f', 'left', 'right');
		t.is(await docker('network', 'rm', 'net-a', 'net-b'), 'net-a\nnet-b');
	});

	world.test('docker: images are imported, tagged, saved, loaded and removed', async t => {
		const {docker} = createClient(world);
		t.regex(await docker('import', '--change', 'ENV PATH=/bin', '--change', 'CMD ["cat", "/data/seed/first"]', path.join(world.directory, 'box.tar'), 'made'), /^sha256:[\da-f]{64}$/v);
		t.is(await docker('run', '--rm', 'made'), 'from the image');
		await docker('tag', 'made', 'made:two');
		const archive = path.join(world.directory, 'made.tar');
		await docker('save', '-o', archive, 'made:two');
		await docker('rmi', 'made', 'made:two');
		t.is(await docker('images', '-q', 'made'), '');
		t.regex(await docker('load', '-i', archive), /Loaded image: made:two/v);
		t.is(await docker('run', '--rm', 'made:two'), 'from the image');
		t.regex(await docker('rmi', 'made:two'), /Untagged: made:two/v);
	});

	world.test('docker: common errors', async t => {
		const {docker, run} = createClient(world);
		await docker('run', '-d', '--name', 'taken', '-p', '127.0.0.1::80', 'box', 'sleep', '600');
		const port = await docker('port', 'taken', '80');
		for (const [status, words, ...command] of [
			[1, /No such container: nobody/v, 'start', 'nobody'],
			[1, /No such container: nobody/v, 'logs', 'nobody'],
			[1, /[Nn]o such (?:object|container): nobody/v, 'inspect', 'nobody'],
			[1, /network nothing not found|No such network: nothing/v, 'network', 'inspect', 'nothing'],
			[1, /No such image: nothing/v, 'rmi', 'nothing'],
			[1, /no such volume/iv, 'volume', 'inspect', 'nothing'],
			[1, /container is running|cannot remove/v, 'rm', 'taken'],
			[125, /Conflict\. The container name "\/taken" is already in use/v, 'run', '--name', 'taken', 'box'],
			[125, /port is already allocated/v, 'run', '--rm', '-p', `${port}:80`, 'box'],
			[127, /not found|no such file/iv, 'run', '--rm', 'box', 'no-such-program'],
			[126, /permission denied/iv, 'run', '--rm', 'box', '/not-executable'],
			[127, /not found|no such file/iv, 'exec', 'taken', 'no-such-program'],
		] as const) {
			const result = await run(command);
			t.is(result.status, status, `${command.join(' ')}: ${result.stderr}`);
			t.regex(`${result.stderr}${result.stdout}`, words, command.join(' '));
		}

		await docker('rm', '-f', 'taken');
		t.is(await docker('ps', '-aq'), '');
		for (const kind of ['container', 'network', 'volume', 'image']) {
			await docker(kind, 'prune', '-f');
		}
	});
};
