import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {startStandIn} from './stand-in/server.js';

const script = fileURLToPath(new URL('../../../../demos/apple/check.sh', import.meta.url));

const open = async (t: ExecutionContext) => {
	const standIn = await startStandIn();
	t.teardown(async () => standIn.close());
	const start = () => {
		const child = spawn('bash', ['--posix', script], {env: {...standIn.environment}, stdio: ['ignore', 'pipe', 'pipe']});
		const ended = async () => {
			const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
			return {stdout, stderr, status: child.exitCode};
		};

		return {child, ended: ended()};
	};

	return {standIn, start};
};

test('nothing differs from the samples in the stand-in', async t => {
	const {standIn, start} = await open(t);
	const {stdout, stderr, status} = await start().ended;
	t.is(stderr, '');
	t.regex(stdout, /\nnothing differs\n$/v);
	t.is(status, 0);
	t.regex(stdout, /^Holm check of Apple container\nmacOS .*\ncontainer 1\.2\.2 0190097\n/v, 'versions come first');
	t.deepEqual([...standIn.world.containers.keys()], []);
	t.true(standIn.ran.length >= 30, String(standIn.ran.length));
});

test('missing and new members, other types, statuses and words are named, and nothing tells of a person', async t => {
	const {standIn, start} = await open(t);
	const words = ['create', '--name', 'mine', '-l', 'secret-key=secret-value', 'alpine/bash', 'true'];
	await once(spawn(standIn.environment.HOLM_CONTAINER, words, {env: standIn.environment}), 'exit');
	const changed = (output: string) => output.replaceAll(/,"workingDirectory":"[^"]*"/gv, '')
		.replaceAll('"readOnly":false', '"readOnly":"no"').replaceAll('"useInit"', '"brandNew":1,"useInit"');
	standIn.switches.alter = (ran, output) => ran.startsWith('ls ') ? changed(output) : output;
	standIn.switches.changeStatus = (ran, status) => ran.startsWith('inspect holm-check') && ran.endsWith('nope') ? 64 : status;
	const {stdout, stderr, status} = await start().ended;
	t.is(stderr, '');
	t.is(status, 1, stdout);
	for (const line of [
		/^differs: container ls --format json: \[\]\.configuration\.initProcess\.workingDirectory is missing$/mv,
		/^differs: container ls -a --format json: \[\]\.configuration\.readOnly is of type string instead of boolean$/mv,
		/^differs: container ls --format json: \[\]\.configuration\.brandNew is new$/mv,
		/^differs: container inspect \(inspect, unknown\): exit status 64 instead of 1$/mv,
		/^\d+ differences$/mv,
	]) {
		t.regex(stdout, line);
	}

	t.notRegex(stdout, /secret/v);
	t.false(stdout.includes(standIn.home));
	t.deepEqual([...standIn.world.containers.keys()], ['mine'], 'other containers stay');
});

test('after an interruption no container is left', async t => {
	const {standIn, start} = await open(t);
	const {child, ended} = start();
	const counts: number[] = [];
	standIn.switches.onRun = words => {
		if (words.startsWith('stats --format json --no-stream holm-check') && !words.endsWith('nope')) {
			counts.push(standIn.world.containers.size);
			child.kill('SIGINT');
		}
	};

	const {status, stdout} = await ended;
	t.is(status, 130, stdout);
	t.deepEqual(counts, [2]);
	t.deepEqual([...standIn.world.containers.keys()], []);
});
