import {Buffer} from 'node:buffer';
import {HolmError} from '../../engine/errors.js';
import {keptOutput, longestOutput} from '../../rules/containers/health.js';
import type {RunningCheck} from '../../rules/containers/health-monitor.js';
import {guestPaths} from '../containers/bundle.js';
import type {Agent, GuestCommand} from '../machines/ssh/agent.js';
import {machineOf, type Context, type Entry} from './context.js';
import {processFor} from './exec-store.js';
import {notFrozen} from './frozen.js';
import {assertAllowed} from './phases.js';

/** The guest's directory for checks, and the control group of their processes. */
const directory = '/run/holm/check';
const group = `/sys/fs/cgroup${guestPaths.cgroup}/check`;

/** Time for the guest to kill a check before the connection is closed. */
const killLimitMs = 10_000;

/** Bytes that a guest may send of a check's output, more than it does unless it is hostile. */
const longestAnswer = 4 * longestOutput;

/** The process of a container's checks is described once in each guest. */
const prepared = new WeakMap<Agent, Promise<unknown>>();

const prepare = async (context: Context, entry: Entry, agent: Agent, command: readonly string[]): Promise<void> => {
	const write = async () => {
		const process = await processFor(context, {entry, configuration: {
			command, terminal: false, stdin: false, environment: [], privileged: false,
		}}, agent);
		await agent.run(`mkdir -p ${directory} ${group} && cd ${directory} && rm -f output && mkfifo output && cat >process.json`, Buffer.from(JSON.stringify(process)));
	};

	const writing = prepared.get(agent) ?? write();
	prepared.set(agent, writing);
	try {
		await writing;
	} catch (error) {
		prepared.delete(agent);
		throw error;
	}
};

/** Reads a check's output to its end. Makes the guest kill the check when the signal aborts. */
const follow = async ({channel, status, abandon}: GuestCommand, signal: AbortSignal): RunningCheck => {
	const kept: Record<'output' | 'refusal', Uint8Array[]> = {output: [], refusal: []};
	let size = 0;
	const keep = (chunks: Uint8Array[]) => (chunk: Uint8Array) => {
		size += chunk.length;
		if (size > longestAnswer) {
			abandon();
		} else {
			chunks.push(chunk);
		}
	};

	channel.on('data', keep(kept.output));
	channel.stderr.on('data', keep(kept.refusal));
	channel.on('error', () => undefined);
	let timer: NodeJS.Timeout | undefined;
	const kill = () => {
		channel.end();
		timer = setTimeout(abandon, killLimitMs);
	};

	signal.addEventListener('abort', kill, {once: true});
	if (signal.aborted) {
		kill();
	}

	const exitCode = await status;
	clearTimeout(timer);
	signal.removeEventListener('abort', kill);
	if (kept.refusal.length > 0 && !signal.aborted) {
		return {exitCode: -1, output: keptOutput(Buffer.concat(kept.refusal)).trim()};
	}

	if (exitCode === undefined && !signal.aborted) {
		throw new HolmError('unavailable', 'the connection to the guest ended');
	}

	return {exitCode: exitCode ?? -1, output: keptOutput(Buffer.concat(kept.output))};
};

/** Starts the health check of a running container. Throws if the container's phase does not allow it, or if the guest does not answer. */
export const beginCheck = async (
	context: Context,
	entry: Entry,
	command: readonly string[],
	signal: AbortSignal,
): Promise<{readonly ended: RunningCheck}> => {
	await notFrozen(entry);
	assertAllowed('use', entry);
	const {agent} = machineOf(entry)!;
	await prepare(context, entry, agent, command);
	return {ended: follow(await agent.open('. /bin/check'), signal)};
};
