import {once} from 'node:events';
import {mkdir, mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setImmediate, setTimeout} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {HolmError} from '../../../source/engine/errors.js';
import type {Health} from '../../../source/engine/health.js';
import {createEventLog} from '../../../source/engine/event-log.js';
import type {ContainerConfiguration, EngineEvent} from '../../../source/engine/resources.js';
import {newEntry, type Context, type Entry} from '../../../source/host/engine/context.js';
import {createHealthChecks} from '../../../source/host/engine/health.js';
import {phaseOf} from '../../../source/host/engine/phases.js';
import {createSupervisor, type SupervisorOptions} from '../../../source/host/engine/supervisor.js';
import type {Machine} from '../../../source/host/machines/running-machine.js';
import type {MachineEnd} from '../../../source/host/machines/status.js';
import {pathsOf} from '../../../source/host/store/paths.js';
import {configuration, container} from '../../engine/resources.js';

type FakeMachine = Machine & {
	readonly signals: readonly number[];
	/** Ends the VM as its guest does. */
	readonly end: (exitCode: number) => void;
	readonly die: () => void;
};

/** A VM without a guest. It ends on SIGKILL, and on SIGTERM unless `isDeaf`. */
const createMachine = ({isDeaf = false} = {}): FakeMachine => {
	const {promise: ended, resolve} = Promise.withResolvers<MachineEnd>();
	const signals: number[] = [];
	const end = (exitCode: number) => {
		resolve({kind: 'exited', exitCode, outOfMemory: false, at: Date.now()});
	};

	const die = () => {
		resolve({kind: 'died', reason: 'QEMU ended', at: Date.now()});
	};

	return {
		pid: 42,
		ended,
		signals,
		end,
		die,
		phases: () => [],
		restoredAt: () => Date.now(),
		isOutOfSpace: () => false,
		async signal(number: number) {
			signals.push(number);
			if (number === 9 || !isDeaf) {
				end(128 + number);
			}
		},
		async resume() {
			signals.push(0);
		},
		async kill() {
			die();
		},
	} as unknown as FakeMachine;
};

type Given = {
	readonly configuration?: Partial<ContainerConfiguration>;
	/** One boot for each start of the container; the last one repeats. */
	readonly boots?: ReadonlyArray<(signal: AbortSignal) => Promise<Machine>>;
	readonly options?: Partial<SupervisorOptions>;
	/** Runs health checks; default they succeed. */
	readonly check?: Parameters<typeof createHealthChecks>[1];
};

const succeed = async () => ({ended: Promise.resolve({exitCode: 0, output: 'fine'})});

/** A supervisor with fake VMs and one container. */
const open = async (t: ExecutionContext, {configuration: given = {}, boots, options, check = succeed}: Given = {}) => {
	const root = await mkdtemp(path.join(tmpdir(), 'holm-supervisor-'));
	t.teardown(async () => rm(root, {recursive: true}));
	const paths = pathsOf(root);
	const events: EngineEvent[] = [];
	const log: string[] = [];
	const eventLog = createEventLog();
	const context = {
		paths,
		containers: new Map<string, Entry>(),
		networks: new Map(),
		images: {
			async get() {
				throw new HolmError('not-found', 'No such image');
			},
		},
		events: {
			...eventLog,
			publish(event: EngineEvent) {
				events.push(event);
			},
		},
		log(line: string) {
			log.push(line);
		},
	} as unknown as Context;
	const machines: FakeMachine[] = [];
	const queue = [...boots ?? []];
	const done: string[] = [];
	const supervisor = createSupervisor(context, {
		networking: {
			async takeAddresses() {},
			publishPorts: async () => [],
			async plug() {
				done.push('plug');
			},
			async disconnect() {
				done.push('disconnect');
				return [];
			},
		} as unknown as SupervisorOptions['networking'],
		healthChecks: createHealthChecks(context, check),
		async boot(entry, signal) {
			const next = queue.length > 1 ? queue.shift() : queue[0];
			const machine = await (next?.(signal) ?? createMachine()) as FakeMachine;
			entry.container = {...entry.container, machine: {accelerator: 'kvm', cpus: 1, memoryBytes: 1, kernel: '', phases: []}};
			machines.push(machine);
			return machine;
		},
		async keepConsole() {
			done.push('keep console');
		},
		async removeMachine() {
			done.push('remove machine');
		},
		async remove({container: {id}, removed}) {
			context.containers.delete(id);
			removed.resolve();
		},
		...options,
	});
	const entry = newEntry({
		container: container({
			name: 'web', status: {state: 'created'}, configuration: configuration({name: 'web', ...given}), healthcheck: given.healthcheck,
		}),
		isStoppedByUser: false,
		devices: {},
	});
	const {id} = entry.container;
	await mkdir(paths.container(id).directory, {recursive: true});
	context.containers.set(id, entry);
	t.teardown(async () => {
		supervisor.cancelRestart(entry);
		for (const machine of machines) {
			machine.die();
		}

		await supervisor.close();
		// A start or an end that goes on writes the record, whose directory is then removed.
		await entry.queue(async () => undefined);
		await ('over' in entry.run ? entry.run.over : undefined);
	});

	return {
		supervisor,
		entry,
		machines,
		done,
		log,
		health: () => entry.container.health,
		actions: () => events.filter(({type}) => type === 'container').map(({action}) => action),
		state: () => entry.container.status.state,
		start: async () => entry.queue(async () => supervisor.start(entry)),
		stop: async (seconds?: number) => entry.queue(async () => supervisor.stop(entry, {timeoutSeconds: seconds})),
		/** The stored record. */
		async record() {
			const {value} = JSON.parse(await readFile(paths.container(id).record, 'utf8')) as {readonly value: {readonly container: {readonly status: {readonly state: string}; readonly health?: Health}; readonly isStoppedByUser: boolean}};
			return value;
		},
		/** Waits for a state; checks it after each start and each end. */
		async until(isWanted: () => boolean) {
			while (!isWanted()) {
				await entry.changed.wait(AbortSignal.timeout(20));
			}
		},
	};
};

const always = {name: 'always', maximumRetryCount: 0} as const;

test('a start: network, machine, record, events', async t => {
	const {start, state, machines, done, actions, record, entry} = await open(t);
	await start();
	t.is(state(), 'running');
	t.is(phaseOf(entry), 'running');
	t.is(machines.length, 1);
	t.deepEqual(done, ['plug']);
	t.deepEqual(actions(), ['start']);
	t.is((await record()).container.status.state, 'running');
	await t.throwsAsync(start, {message: 'container web runs already', code: 'not-modified'});
});

test('a start that fails leaves nothing and says why', async t => {
	const {start, state, done, entry, record} = await open(t, {boots: [async () => {
		throw new HolmError('internal', 'the machine of web did not start');
	}]});
	const {signal} = entry.ended;
	await t.throwsAsync(start, {message: 'the machine of web did not start'});
	t.is(state(), 'created');
	t.is(phaseOf(entry), 'stopped');
	t.deepEqual(done, ['plug', 'disconnect', 'keep console', 'remove machine']);
	t.true(signal.aborted, 'waiting for the end resolves');
	t.like(entry.container.lastExit, {exitCode: 128, cause: {kind: 'start', phase: 'restore', reason: 'the machine of web did not start'}});
	t.is((await record()).container.status.state, 'created');
});

test('cleaning up continues after an error, which is logged', async t => {
	const {start, machines, done, log, until, state} = await open(t, {options: {
		async keepConsole() {
			throw new Error('EIO');
		},
	}});
	await start();
	machines[0]!.die();
	await until(() => done.includes('remove machine'));
	t.is(state(), 'exited');
	t.deepEqual(log, ['web: EIO']);
});

test('a port in use fails the start before anything is created', async t => {
	const {start, done, machines} = await open(t, {options: {networking: {
		async takeAddresses() {},
		async publishPorts() {
			throw new HolmError('conflict', 'port 80 is in use');
		},
		disconnect: async () => [],
	} as unknown as SupervisorOptions['networking']}});
	await t.throwsAsync(start, {message: 'port 80 is in use'});
	t.deepEqual(machines, []);
	t.false(done.includes('plug'));
});

for (const [title, phase] of [['while it runs', 'running'], ['while it is paused', 'paused']] as const) {
	test(`a VM that dies ${title}`, async t => {
		const {start, machines, entry, state, actions, until} = await open(t);
		await start();
		if (phase === 'paused') {
			entry.container = {...entry.container, status: {state: 'paused', pid: 42, startedAt: Date.now()}};
		}

		t.is(phaseOf(entry), phase);
		machines[0]!.die();
		await until(() => phaseOf(entry) === 'stopped');
		t.is(state(), 'exited');
		t.like(entry.container.status, {exitCode: 137, reason: 'QEMU ended'});
		t.like(entry.container.lastExit, {exitCode: 137, cause: {kind: 'machine', reason: 'QEMU ended'}});
		t.deepEqual(actions(), ['start', 'die']);
	});
}

test('an end is announced after the output of the attached sessions is read', async t => {
	const {start, machines, entry, actions, until} = await open(t);
	await start();
	const {promise, resolve} = Promise.withResolvers<void>();
	entry.attached.add(promise);
	const ended = once(entry.ended.signal, 'abort');
	machines[0]!.end(0);
	await ended;
	await setImmediate();
	t.deepEqual(actions(), ['start']);
	resolve();
	await until(() => phaseOf(entry) === 'stopped');
	t.deepEqual(actions(), ['start', 'die']);
});

test('a VM that dies while it is being stopped', async t => {
	const {start, stop, machines, entry, until} = await open(t, {boots: [async () => createMachine({isDeaf: true})]});
	await start();
	const stopping = stop(-1);
	await until(() => machines[0]!.signals.length > 0);
	machines[0]!.die();
	await stopping;
	t.like(entry.container.status, {state: 'exited', exitCode: 137});
});

test('a stop sends the signal, and SIGKILL after the timeout', async t => {
	const {start, stop, machines, entry, record} = await open(t, {boots: [async () => createMachine({isDeaf: true})]});
	await start();
	await stop(0.01);
	t.deepEqual(machines[0]!.signals, [15, 9]);
	t.like(entry.container.status, {state: 'exited', exitCode: 137});
	t.like(entry.container.lastExit, {exitCode: 137, cause: {kind: 'request', verb: 'stop', signal: 15}, memoryLimitBytes: 1});
	t.true((await record()).isStoppedByUser);
	await t.throwsAsync(stop, {message: 'container web does not run', code: 'not-modified'});
});

test('a stop waits for a process that has longer than the longest timer', async t => {
	const {start, stop, machines, entry, until} = await open(t, {
		configuration: {stopTimeoutSeconds: 30 * 24 * 3600}, boots: [async () => createMachine({isDeaf: true})],
	});
	await start();
	const stopping = stop();
	await until(() => machines[0]!.signals.length > 0);
	// One that overflows ends after a millisecond, before this one.
	await setTimeout(2);
	machines[0]!.end(0);
	await stopping;
	t.deepEqual(machines[0]!.signals, [15]);
	t.like(entry.container.status, {state: 'exited', exitCode: 0});
});

test('a policy restarts it, with longer delays, until it is stopped', async t => {
	const {start, stop, machines, entry, state, until, actions} = await open(t, {configuration: {restartPolicy: always}});
	await start();
	machines[0]!.end(0);
	await until(() => machines.length === 2 && state() === 'running');
	t.is(entry.container.restartCount, 1);
	t.is(entry.restartsInARow, 1);
	t.like(entry.container.lastExit, {exitCode: 0, cause: {kind: 'process'}});
	machines[1]!.end(1);
	await until(() => phaseOf(entry) === 'restarting');
	t.is(state(), 'restarting');
	await stop();
	t.like(entry.container.status, {state: 'exited', exitCode: 1});
	t.is(phaseOf(entry), 'stopped');
	t.deepEqual(actions(), ['start', 'die', 'start', 'die']);
});

test('a stop while the VM is being removed ends the restarting', async t => {
	const {promise: removal, resolve: remove} = Promise.withResolvers<void>();
	const {start, stop, machines, entry, until} = await open(t, {
		configuration: {restartPolicy: always},
		options: {removeMachine: async () => removal},
	});
	await start();
	machines[0]!.end(0);
	await until(() => entry.run.state === 'ending' && phaseOf(entry) === 'restarting');
	const stopping = stop();
	remove();
	await stopping;
	t.like(entry.container.status, {state: 'exited', exitCode: 0});
	t.is(phaseOf(entry), 'stopped');
});

test('on-failure counts restarts', async t => {
	const {start, machines, entry, state, until} = await open(t, {configuration: {restartPolicy: {name: 'on-failure', maximumRetryCount: 1}}});
	await start();
	machines[0]!.end(3);
	await until(() => machines.length === 2 && state() === 'running');
	machines[1]!.end(4);
	await until(() => phaseOf(entry) === 'stopped');
	t.like(entry.container.status, {state: 'exited', exitCode: 4});
	t.is(entry.container.restartCount, 1);
});

test('a failed restart is the last one', async t => {
	const {start, machines, entry, log, until} = await open(t, {configuration: {restartPolicy: always}, boots: [
		async () => createMachine(),
		async () => {
			throw new HolmError('internal', 'no memory');
		},
	]});
	await start();
	machines[0]!.end(0);
	await until(() => log.length > 0);
	t.deepEqual(log, ['web could not be restarted: no memory']);
	t.like(entry.container.status, {state: 'exited', exitCode: 128, reason: 'no memory'});
});

/** A boot that takes until it is aborted. */
const endless = async (signal: AbortSignal) => new Promise<Machine>((_resolve, reject) => {
	signal.addEventListener('abort', () => {
		reject(signal.reason as Error);
	}, {once: true});
});

test('kill, stop and the engine\'s end abort a start', async t => {
	for (const how of ['kill', 'stop', 'close'] as const) {
		const {supervisor, start, entry, done, state, until} = await open(t, {boots: [endless]});
		const starting = start();
		starting.catch(() => undefined);
		await until(() => phaseOf(entry) === 'starting');
		t.is(phaseOf(entry), 'starting');
		const ways = {
			kill: async () => supervisor.kill(entry),
			stop: async () => supervisor.endStart(entry, {timeoutSeconds: 0}),
			close: supervisor.close,
		};
		await ways[how]();
		await t.throwsAsync(starting, {message: how === 'close' ? 'the engine is ending' : 'container web was ended before its process ran'});
		t.is(state(), 'created');
		t.is(phaseOf(entry), 'stopped');
		t.true(done.includes('remove machine'));
	}
});

test('nothing starts during a removal or after the engine\'s end', async t => {
	const {supervisor, start, entry, machines} = await open(t);
	entry.isBeingRemoved = true;
	await t.throwsAsync(start, {message: 'container web cannot be started: it is being removed'});
	entry.isBeingRemoved = false;
	await supervisor.close();
	await t.throwsAsync(start, {message: 'container web cannot be started: the engine is ending'});
	t.deepEqual(machines, []);
});

test('autoRemove removes a container at its end, and if its start fails', async t => {
	const {start, machines, entry} = await open(t, {configuration: {autoRemove: true}});
	await start();
	machines[0]!.end(0);
	await entry.removed.promise;
	t.is(phaseOf(entry), 'ending');
	const failing = await open(t, {configuration: {autoRemove: true}, boots: [async () => {
		throw new HolmError('internal', 'no memory');
	}]});
	await t.throwsAsync(failing.start, {message: 'no memory'});
	await failing.entry.removed.promise;
});

test('the VM of an earlier engine is taken over; if it has ended, its end is handled', async t => {
	const {supervisor, entry, state, until, actions} = await open(t, {configuration: {restartPolicy: always}});
	const machine = createMachine();
	entry.container = {...entry.container, status: {state: 'running', pid: 42, startedAt: Date.now()}};
	supervisor.supervise(entry, machine);
	t.is(phaseOf(entry), 'running');
	entry.isStoppedByUser = true;
	machine.end(0);
	await until(() => phaseOf(entry) === 'stopped');
	t.is(state(), 'exited');
	const gone = await open(t, {configuration: {restartPolicy: always}});
	gone.entry.container = {...gone.entry.container, status: {state: 'running', pid: 42, startedAt: Date.now() - 60_000}};
	await gone.supervisor.conclude(gone.entry, {kind: 'died', reason: 'the host was switched off', at: Date.now()});
	t.is(phaseOf(gone.entry), 'restarting');
	await gone.until(() => gone.state() === 'running');
	t.deepEqual(gone.actions(), ['die', 'start']);
	t.deepEqual(actions(), ['die']);
});

test('changing the policy cancels a pending restart', async t => {
	const {supervisor, start, machines, entry, state, until} = await open(t, {configuration: {restartPolicy: always}});
	await start();
	machines[0]!.end(5);
	await until(() => phaseOf(entry) === 'restarting');
	entry.container = {...entry.container, configuration: {...entry.container.configuration, restartPolicy: {name: 'no', maximumRetryCount: 0}}};
	await supervisor.reconsiderRestart(entry);
	t.is(state(), 'exited');
	t.is(phaseOf(entry), 'stopped');
});

const often = {test: ['CMD', 'check'], intervalMs: 1, retries: 2};
const {promise: never} = Promise.withResolvers<{exitCode: number; output: string}>();

test('a container is starting until its check succeeds, and unhealthy once it has ended', async t => {
	const {promise: first, resolve} = Promise.withResolvers<{exitCode: number; output: string}>();
	let begun = 0;
	const {start, machines, health, until, actions, record, entry} = await open(t, {
		configuration: {healthcheck: often},
		async check(_context, _entry, command) {
			t.deepEqual(command, ['check']);
			begun++;
			return {ended: begun === 1 ? first : never};
		},
	});
	await start();
	t.deepEqual(health(), {status: 'starting', failingStreak: 0, log: []});
	resolve({exitCode: 0, output: 'fine'});
	await until(() => health()?.status === 'healthy');
	t.like(health()!.log[0], {exitCode: 0, output: 'fine'});
	machines[0]!.end(0);
	await until(() => phaseOf(entry) === 'stopped');
	t.like(health(), {status: 'unhealthy', failingStreak: 0});
	t.is(health()!.log.length, 1);
	t.is((await record()).container.health?.status, 'unhealthy');
	t.deepEqual(actions(), ['start', 'health_status: healthy', 'die']);
});

test('an unhealthy container goes on running, whatever its restart policy, and each start begins anew', async t => {
	const failed = Promise.resolve({exitCode: 1, output: ''});
	const {start, health, until, actions, state, record, machines} = await open(t, {
		configuration: {healthcheck: often, restartPolicy: always},
		check: async () => ({ended: machines.length === 1 ? failed : never}),
	});
	await start();
	await until(() => health()!.log.length === 5);
	t.is(health()!.status, 'unhealthy');
	t.is(state(), 'running');
	t.deepEqual(actions(), ['start', 'health_status: unhealthy']);
	t.true(health()!.failingStreak >= 5);
	let recorded = await record();
	while (recorded.container.health?.status !== 'unhealthy') {
		recorded = await record();
	}

	machines[0]!.end(1);
	await until(() => machines.length === 2 && state() === 'running');
	t.like(health(), {status: 'starting', failingStreak: 0});
});

test('the checks of an adopted VM go on with the health that was recorded', async t => {
	const {supervisor, entry, health, until, actions} = await open(t, {configuration: {healthcheck: often}, check: async () => ({ended: Promise.resolve({exitCode: 1, output: ''})})});
	entry.container = {
		...entry.container,
		status: {state: 'running', pid: 42, startedAt: Date.now()},
		health: {status: 'healthy', failingStreak: 1, log: []},
	};
	const machine = createMachine();
	supervisor.supervise(entry, machine);
	t.is(health()!.status, 'healthy');
	await until(() => health()!.status === 'unhealthy');
	t.deepEqual(actions(), ['health_status: unhealthy']);
	machine.end(0);
	await until(() => phaseOf(entry) === 'stopped');
});

test('a container without a check, and one whose check is taken away, have no health', async t => {
	for (const healthcheck of [undefined, {test: ['NONE']}]) {
		const {start, health} = await open(t, {configuration: {healthcheck}});
		await start();
		t.is(health(), undefined);
	}
});
