import {Buffer} from 'node:buffer';
import {Readable} from 'node:stream';
import {setTimeout as delay} from 'node:timers/promises';
import type {Engine} from '../../source/engine/engine.js';
import type {Container} from '../../source/engine/resources.js';
import type {Lacks, Register} from './laboratory.js';

/** Resolves once a container's health has become `status`. */
const became = async (engine: Engine, id: string, status: string, since: number): Promise<void> => {
	const controller = new AbortController();
	for await (const {action} of engine.events({since, filters: {container: [id], event: ['health_status']}, signal: controller.signal})) {
		if (action === `health_status: ${status}`) {
			controller.abort();
			return;
		}
	}
};

/** Resolves once a container is as wanted. */
const until = async (engine: Engine, id: string, isWanted: (container: Container) => boolean): Promise<Container> => {
	for (;;) {
		const container = await engine.container(id);
		if (isWanted(container)) {
			return container;
		}

		await delay(20);
	}
};

/** Health checks of containers. */
export const testHealth = (test: Register, lacks: Lacks): void => {
	test('a health check: starting, healthy, unhealthy, its results, events, lists, a pause, an end', async ({t, engine, start, exec}) => {
		const id = await start({healthcheck: {
			test: ['CMD-SHELL', 'echo "$USER_OF_CHECK looks"; echo badly >&2; test -e /tmp/well'], intervalMs: 200, timeoutMs: 20_000, retries: 2, startPeriodMs: 3_600_000, startIntervalMs: 200,
		}, environment: ['USER_OF_CHECK=somebody']});
		const listed = async (health: string) => {
			const containers = await engine.containers({filters: {health: [health]}});
			return containers.find(container => container.id === id)?.health?.status;
		};

		const {health: starting, healthcheck} = await until(engine, id, ({health}) => health !== undefined && health.log.length > 1);
		t.like(starting, {status: 'starting', failingStreak: 0}, 'failures in the start period do not count');
		t.is(starting!.log[0]!.exitCode, 1);
		t.regex(starting!.log[0]!.output, /^(?:somebody looks\nbadly|badly\nsomebody looks)\n$/v);
		t.true(starting!.log[0]!.endedAt >= starting!.log[0]!.startedAt);
		t.like(healthcheck, {intervalMs: 200, timeoutMs: 20_000, retries: 2, startPeriodMs: 3_600_000});
		t.is(await listed('starting'), 'starting');
		let since = Date.now();
		await exec(id, ['touch', '/tmp/well']);
		await became(engine, id, 'healthy', since);
		t.is(await listed('healthy'), 'healthy');
		t.is(await listed('none'), undefined);
		t.like((await engine.container(id)).health, {status: 'healthy', failingStreak: 0});
		if (!lacks.pause) {
			await engine.pauseContainer(id);
			t.like(await until(engine, id, ({health}) => health?.status === 'unhealthy'), {status: {state: 'paused'}});
			await engine.unpauseContainer(id);
			// The event of the first success may be of this millisecond.
			await until(engine, id, ({health}) => health?.status === 'healthy');
		}

		since = Date.now();
		await exec(id, ['rm', '/tmp/well']);
		await became(engine, id, 'unhealthy', since);
		const {health: failed, status} = await engine.container(id);
		t.is(failed!.status, 'unhealthy');
		t.true(failed!.failingStreak >= 2);
		t.true(failed!.log.length <= 5);
		t.is(status.state, 'running', 'it is not stopped');
		await engine.killContainer(id);
		await engine.waitContainer(id);
		t.is((await engine.container(id)).health?.status, 'unhealthy');
	});

	test('a health check that takes too long is killed, with its output cut; an end does not wait for it', async ({t, engine, start}) => {
		const since = Date.now();
		const id = await start({healthcheck: {
			test: ['CMD', 'sh', '-c', 'seq 1 2000; sleep 600'], intervalMs: 100, timeoutMs: 1500, retries: 1,
		}});
		await became(engine, id, 'unhealthy', since);
		const {exitCode, output, startedAt, endedAt} = (await engine.container(id)).health!.log[0]!;
		t.is(exitCode, -1);
		t.true(output.startsWith('Health check exceeded timeout (1.5s)'));
		if (!lacks.refusals) {
			t.true(output.startsWith('Health check exceeded timeout (1.5s): 1\n2\n'));
			t.true(output.endsWith('...'));
			t.is(Buffer.byteLength(output), 'Health check exceeded timeout (1.5s): '.length + 4096 + 3);
		}

		t.true(endedAt - startedAt >= 1500);
		await engine.killContainer(id);
	});

	test('a check that is no check is refused, one that cannot be run fails', async ({t, engine, image, refused, create, start}) => {
		const {configuration} = await engine.container(await create({command: ['true']}));
		for (const [healthcheck, names] of [
			[{test: ['CMD', 'true'], intervalMs: 0.5}, 'Interval'],
			[{test: ['CMD', 'true'], retries: -1}, 'Retries'],
			...lacks.refusals ? [] : [[{test: ['true']}, 'true'], [{test: ['CMD-SHELL']}, 'CMD-SHELL']] as const,
		] as const) {
			await refused('invalid', names, async () => engine.createContainer({...configuration, image, name: undefined, healthcheck}));
		}

		const since = Date.now();
		const id = await start({healthcheck: {test: ['CMD', 'no-such-program'], intervalMs: 100, retries: 1}});
		await became(engine, id, 'unhealthy', since);
		const {health} = await engine.container(id);
		t.is(health!.log[0]!.exitCode, -1);
		t.regex(health!.log[0]!.output, /no-such-program/v);
		await engine.killContainer(id);
	});

	test('images keep their health check; a container inherits, changes or drops it', async ({t, engine, derive, create, uniqueName}) => {
		const tag = `${uniqueName('checked')}:1`;
		await derive(tag, ['HEALTHCHECK --interval=7s --timeout=1m30s --start-period=500ms --retries=4 CMD ["cat", "/etc/passwd"]']);
		const check = {
			test: ['CMD', 'cat', '/etc/passwd'], intervalMs: 7000, timeoutMs: 90_000, startPeriodMs: 500, retries: 4,
		};
		const {configuration} = await engine.image(tag);
		t.like(configuration.healthcheck, check);
		const inherits = await engine.container(await create({image: tag, command: ['true']}));
		t.like(inherits.healthcheck, check);
		t.is(inherits.health, undefined);
		const changes = await engine.container(await create({image: tag, command: ['true'], healthcheck: {test: [], retries: 9}}));
		t.like(changes.healthcheck, {...check, retries: 9});
		const drops = await engine.container(await create({image: tag, command: ['true'], healthcheck: {test: ['NONE']}}));
		t.deepEqual(drops.healthcheck?.test, ['NONE']);
		for (const {id} of [inherits, changes, drops]) {
			await engine.removeContainer(id);
		}

		const archive = await engine.saveImages([tag]);
		const chunks: Uint8Array[] = [];
		for await (const chunk of archive) {
			chunks.push(chunk as Uint8Array);
		}

		await engine.removeImage(tag, {force: true});
		await Array.fromAsync(engine.loadImages(Readable.from(chunks)));
		t.like((await engine.image(tag)).configuration.healthcheck, check);
	});
};
