import {asHolmError, HolmError} from '../../engine/errors.js';
import {startingHealth, uncheckedHealth} from '../../rules/containers/health.js';
import {healthPlanOf} from '../../rules/containers/healthcheck.js';
import {restartDelay, settledAfter, shouldRestart} from '../../rules/containers/restart-policy.js';
import {changing, liveOf, loseRun, publish, publishOf, type Context, type Live, type Run} from './context.js';
import {errorLine, failureOf} from './failures.js';
import {follow, type Offsets} from './follow.js';
import {beginHealth} from './health.js';
import {refreshHosts} from './hosts.js';
import {keeperCommand} from './keeper.js';
import {readItems, type Item} from './listing.js';
import {directoryOf, removeRecord, writeRecord, type StoredState} from './records.js';
import {assertVolumesFree, removeAnonymous} from './volumes.js';

const publishUse = (context: Context, {id, container: {attachments}}: Item, action: 'connect' | 'disconnect'): void => {
	for (const {networkId, network} of attachments) {
		publish(context, {type: 'network', action, id: networkId, attributes: {container: id, name: network, type: 'bridge'}});
	}
};

export const updateState = async (context: Context, item: Item, change: Partial<StoredState>): Promise<void> => {
	const program = await context.program();
	await writeRecord(program, item.id, {...item.stored.state, ...change});
};

const remove = async (context: Context, item: Item, {volumes}: {readonly volumes: boolean}): Promise<void> => {
	const program = await context.program();
	const live = liveOf(context, item.id);
	live.cancelRestart?.();
	live.cancelRestart = undefined;
	await program.run(['delete', '--force', item.apple.id]);
	await removeRecord(program, item.id);
	if (volumes) {
		await removeAnonymous(context, item);
	}

	live.isRemoved = true;
	context.lives.delete(item.id);
	context.told.delete(item.id);
	for (const [execId, exec] of context.execs) {
		if (exec.containerId === item.id) {
			context.execs.delete(execId);
		}
	}

	publishOf(context, item, 'destroy');
	live.changed.notify();
};

/** Removes a container that does not run, with its records; with `volumes` also its anonymous volumes that no other container mounts. */
export const removeItem = async (context: Context, item: Item, options: {readonly volumes: boolean}): Promise<void> =>
	changing(context, async () => remove(context, item, options));

const findById = async (context: Context, id: string): Promise<Item | undefined> => {
	const items = await readItems(context);
	return items.find(item => item.id === id);
};

/** Schedules the restart that the policy asks for. */
const restartLater = (context: Context, item: Item, live: Live): void => {
	const {restartCount} = item.container;
	const restart = async () => {
		const present = await findById(context, item.id);
		if (!present || live.isStopped) {
			return;
		}

		live.attempts++;
		try {
			await startItem(context, present, {restartCount: restartCount + 1});
		} catch {
			// It stays as it is.
			live.changed.notify();
		}
	};

	const timer = setTimeout(() => {
		live.cancelRestart = undefined;
		void restart();
	}, restartDelay(live.attempts));
	live.cancelRestart = () => {
		clearTimeout(timer);
		live.cancelRestart = undefined;
		live.changed.notify();
	};
};

/** Does what follows the end of a run. */
const endRun = async (context: Context, before: Item, run: Run): Promise<void> => {
	const live = liveOf(context, before.id);
	await run.following?.finish();
	const item = await findById(context, before.id) ?? before;
	const exit = item.stored.exit ?? {exitCode: run.isKilled ? 137 : 255, finishedAt: Date.now()};
	live.stopHealth?.();
	live.stopHealth = undefined;
	live.health &&= uncheckedHealth(live.health);
	if (Date.now() - run.startedAt >= settledAfter) {
		live.attempts = 0;
	}

	const {restartPolicy, autoRemove} = item.container.configuration;
	const willRestart = shouldRestart(
		restartPolicy,
		{exitCode: exit.exitCode, isStopped: live.isStopped, restartCount: item.container.restartCount},
	);
	if (willRestart) {
		restartLater(context, item, live);
	}

	context.told.set(item.id, 'stopped');
	publishOf(context, item, 'die', {exitCode: String(exit.exitCode), execDuration: String(Math.floor((Date.now() - run.startedAt) / 1000))});
	publishUse(context, item, 'disconnect');
	// Those who wait for the removal get it, too.
	live.lastExit = {exitCode: exit.exitCode};
	live.exits++;
	if (autoRemove && !willRestart) {
		await removeItem(context, item, {volumes: true}).catch(() => undefined);
	}

	live.run = undefined;
	live.changed.notify();
	await refreshHosts(context, await readItems(context)).catch(() => undefined);
};

/** Stamps what arrives, and wakes those who wait for output. */
const watchOutput = async (context: Context, item: Item, run: Run, hasStamps: boolean): Promise<void> => {
	const program = await context.program();
	const live = liveOf(context, item.id);
	const reached = {...run.from};
	run.following = await follow(program, {
		directory: directoryOf(program, item.id),
		from: run.from,
		hasStamps,
		onBytes(stream, bytes) {
			reached[stream] += bytes.length;
			if (hasStamps) {
				run.following?.stamps.write(`${stream} ${reached[stream]} ${Date.now()}\n`);
			}

			live.changed.notify();
		},
	});
};

const delays = [5, 10, 20, 40, 80, 160, 250];

const pause = async (milliseconds: number) => new Promise<undefined>(resolve => {
	setTimeout(resolve, milliseconds, undefined);
});

/** Cuts the program's own complaint about a failed start from the container's output, and throws it. */
const throwFailure = async (context: Context, item: Item, {stderr: offset}: Offsets, exitCode: number): Promise<void> => {
	const program = await context.program();
	const directory = directoryOf(program, item.id);
	const {stdout} = await program.shell('tail -c "+$2" "$1/stderr"', [directory, String(offset + 1)]);
	const stderr = stdout.toString();
	if ((exitCode !== 1 && exitCode !== 64) || !/^Error: /mv.test(stderr)) {
		return;
	}

	await program.shell('dd if=/dev/null of="$1/stderr" bs=1 seek="$2" 2>/dev/null; rm -f "$1/exit"', [directory, String(offset)]);
	await writeRecord(program, item.id, item.stored.state);
	const failure = failureOf({argv: ['start', item.apple.id], exitCode, stderr, where: program.transport.name});
	const [port] = item.container.configuration.ports;
	if (failure.message === 'port is already allocated' && port) {
		throw new HolmError(
			failure.code,
			`Bind for ${port.hostAddress || '0.0.0.0'}:${port.hostPort} failed: port is already allocated`,
			{remedy: failure.remedy, cause: failure},
		);
	}

	throw new HolmError(failure.code, failure.code === 'command-not-found' || failure.code === 'not-executable'
		? `exec: "${item.container.process.arguments[0]}": ${failure.message}`
		: errorLine(failure.message), {remedy: failure.remedy, cause: failure});
};

const start = async (context: Context, item: Item, restartCount: number): Promise<void> => {
	const program = await context.program();
	const live = liveOf(context, item.id);
	const {configuration} = item.container;
	const items = await readItems(context);
	assertVolumesFree(item, items);
	const startedAt = Date.now();
	const {startedDate: _seen, ...state} = item.stored.state;
	const next: StoredState = {...state, startedAt, restartCount, isStopped: false};
	const keeper = await program.transport.execute(keeperCommand(program, {
		directory: directoryOf(program, item.id),
		state: JSON.stringify(next),
		appleName: item.apple.id,
		hasInput: configuration.openStdin,
		hasTerminal: configuration.terminal,
	}));
	keeper.stdin.end();
	keeper.stderr.resume();
	let sizes = '';
	for await (const chunk of keeper.stdout.iterator({destroyOnReturn: false})) {
		sizes += String(chunk);
		if (sizes.includes('\n')) {
			break;
		}
	}

	keeper.stdout.resume();
	using _released = {
		[Symbol.dispose]() {
			keeper.release();
		},
	};
	const [stdout = 0, stderr = 0] = sizes.trim().split(' ').map(Number);
	const from: Offsets = {stdout, stderr};
	let hasEnded = false;
	const ended = (async () => {
		await keeper.ended;
		hasEnded = true;
	})();
	ended.catch(() => undefined);
	live.isStopped = false;
	let present: Item | undefined;
	for (let attempt = 0; ; attempt++) {
		const wasOver = hasEnded;
		present = await findById(context, item.id);
		if (wasOver || !present || present.apple.state === 'running') {
			break;
		}

		await Promise.race([ended, pause(delays[Math.min(attempt, delays.length - 1)]!)]);
	}

	if (!present) {
		throw new HolmError('not-found', `No such container: ${item.name}`, {remedy: 'it was removed while it started'});
	}

	const {exit} = present.stored;
	if (exit && (present.apple.startedDate === item.apple.startedDate || present.apple.startedDate === undefined)) {
		await throwFailure(context, item, from, exit.exitCode);
	}

	await writeRecord(program, item.id, {...next, startedDate: present.apple.startedDate ?? 0});
	const plan = healthPlanOf(item.container.healthcheck);
	live.health = plan && startingHealth(live.health);
	const {promise: over, resolve} = Promise.withResolvers<void>();
	const run: Run = {startedAt, from, over, settle: resolve, isKilled: false};
	live.run = run;
	live.lost = undefined;
	await watchOutput(context, item, run, true);
	const started = await readItems(context);
	const current = started.find(other => other.id === item.id) ?? present;
	await refreshHosts(context, started);
	context.told.set(item.id, 'running');
	publishUse(context, current, 'connect');
	publishOf(context, current, 'start');
	live.changed.notify();
	live.stopHealth = plan && beginHealth(context, current, plan, startedAt);
	const finish = async () => {
		try {
			await ended;
		} catch (error) {
			// The connection was lost, not the run.
			loseRun(live, asHolmError(error));
			return;
		}

		try {
			await changing(context, async () => endRun(context, current, run));
		} catch {
			live.run = undefined;
			live.changed.notify();
		}

		resolve();
	};

	void finish();
};

/** Starts a container that does not run, and watches its run. */
export const startItem = async (context: Context, item: Item, {restartCount = 0}: {readonly restartCount?: number} = {}): Promise<void> =>
	changing(context, async () => start(context, item, restartCount));

/** Looks in a row that fail until a run is given up. */
const mostFailures = 20;

/** Watches a container that another process has started, until it ends. */
export const adoptRun = async (context: Context, item: Item): Promise<void> => {
	const live = liveOf(context, item.id);
	if (live.run) {
		return;
	}

	live.lost = undefined;
	if (item.container.status.state !== 'running') {
		return;
	}

	const program = await context.program();
	const {promise: over, resolve} = Promise.withResolvers<void>();
	const run: Run = {startedAt: item.container.status.startedAt, from: {stdout: 0, stderr: 0}, over, settle: resolve, isKilled: false};
	live.run = run;
	if (item.stored.keeper !== undefined) {
		const {stdout} = await program.shell('cd "$1" && wc -c <stdout && wc -c <stderr', [directoryOf(program, item.id)]);
		const [out = 0, errors = 0] = stdout.toString().trim().split(/\s+/v).map(Number);
		run.from = {stdout: out, stderr: errors};
		await watchOutput(context, item, run, false);
	}

	const watch = async () => {
		let failures = 0;
		for (let attempt = 0; ; attempt++) {
			await pause(delays[Math.min(attempt, delays.length - 1)]! * 4);
			try {
				const present = await findById(context, item.id);
				failures = 0;
				if (present?.container.status.state !== 'running') {
					break;
				}
			} catch (error) {
				// The service may be busy, or start again.
				failures++;
				if (failures >= mostFailures) {
					loseRun(live, asHolmError(error));
				}
			}

			if (live.run !== run) {
				return;
			}
		}

		const present = await findById(context, item.id).catch(() => undefined);
		await run.following?.finish();
		const exitCode = present?.stored.exit?.exitCode ?? 255;
		live.lastExit = {exitCode};
		live.exits++;
		if (present) {
			context.told.set(item.id, 'stopped');
			publishOf(context, present, 'die', {exitCode: String(exitCode)});
		}

		live.run = undefined;
		live.isRemoved ||= !present;
		live.changed.notify();
		resolve();
	};

	void watch();
};
