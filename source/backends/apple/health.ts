import {Buffer} from 'node:buffer';
import {keptOutput, longestOutput} from '../../rules/containers/health.js';
import {monitorHealth} from '../../rules/containers/health-monitor.js';
import type {HealthPlan} from '../../rules/containers/healthcheck.js';
import {HolmError} from '../../engine/errors.js';
import {liveOf, publishOf, type Context} from './context.js';
import {failureOf} from './failures.js';
import type {Item} from './listing.js';

/** Runs one check in a container. */
const beginCheck = async (context: Context, {apple}: Item, command: readonly string[], signal: AbortSignal) => {
	const program = await context.program();
	const argv = ['exec', apple.id, ...command];
	const execution = await program.transport.execute([program.path, ...argv]);
	execution.stdin.end();
	const chunks: Uint8Array[] = [];
	let size = 0;
	let stdoutSize = 0;
	const take = (chunk: Uint8Array) => {
		if (size <= longestOutput) {
			size += chunk.length;
			chunks.push(chunk);
		}
	};

	execution.stdout.on('data', (chunk: Uint8Array) => {
		stdoutSize += chunk.length;
		take(chunk);
	});
	execution.stderr.on('data', take);
	const onAbort = () => {
		execution.signal('SIGKILL');
	};

	signal.addEventListener('abort', onAbort, {once: true});
	const wait = async () => {
		const {exitCode = 137} = await execution.ended;
		signal.removeEventListener('abort', onAbort);
		const output = keptOutput(Buffer.concat(chunks));
		if (exitCode === 1 && stdoutSize === 0 && output.startsWith('Error: ')) {
			const failure = failureOf({argv, exitCode, stderr: output, where: program.transport.name});
			throw new HolmError(failure.code, `exec: "${command[0]}": ${failure.message}`);
		}

		return {exitCode, output};
	};

	return {ended: wait()};
};

/** Runs the health checks of a container that has started; the result ends them. */
export const beginHealth = (context: Context, item: Item, plan: HealthPlan, startedAt: number): (() => void) => {
	const live = liveOf(context, item.id);
	const {stop} = monitorHealth({
		plan,
		health: live.health!,
		startedAt,
		begin: async signal => beginCheck(context, item, plan.command, signal),
		onHealth(health) {
			const before = live.health?.status;
			live.health = health;
			live.changed.notify();
			if (health.status !== before) {
				publishOf(context, item, `health_status: ${health.status}`);
			}
		},
		now: Date.now,
		after(milliseconds, action) {
			const timer = setTimeout(action, milliseconds);
			return () => {
				clearTimeout(timer);
			};
		},
	});
	return () => {
		void stop();
	};
};
