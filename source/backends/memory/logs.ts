import {Buffer} from 'node:buffer';
import type {LogsVerbs} from '../../engine/logs.js';
import {HolmError} from '../../engine/errors.js';
import {assertReadable} from '../../rules/containers/logging.js';
import {timestampOf} from '../../rules/containers/log-parser.js';
import type {LogEntry, Container, Machine} from '../../engine/resources.js';
import {findContainer} from '../../rules/find-resource.js';
import {waitUntil} from './container-record.js';
import type {State} from './state.js';
import {kernelVersion} from './machine.js';

/** Milliseconds after which a template waits for its start message. */
const templateMs = 214;

const stamp = (milliseconds: number) => `[${(milliseconds / 1000).toFixed(6).padStart(12)}]`;

/** The console of a VM: the boot of the template, then the start of the container. */
const bootLines = ({attachments}: Container, {cpus, memoryBytes, phases}: Machine): readonly string[] => {
	const kibibytes = Math.round(memoryBytes / 1024);
	const endOf = (phase: Machine['phases'][number]['name']) => templateMs + (phases.find(({name}) => name === phase)?.endMs ?? 0);
	const booting: ReadonlyArray<readonly [number, string]> = [
		[0, `Linux version ${kernelVersion} (holm@build) (gcc 12.2.0) #1 SMP`],
		[0, `Memory: ${kibibytes - 21_480}K/${kibibytes}K available`],
		[11.87, `smp: Brought up 1 node, ${cpus} CPU${cpus === 1 ? '' : 's'}`],
		[131.956, 'virtio_console virtio0: console ports ready'],
		[160.118, 'Run /init as init process'],
	];
	const becoming: ReadonlyArray<readonly [number, string]> = [
		[endOf('restore'), 'random: crng reseeded due to virtual machine fork'],
		[endOf('plug'), 'virtio_blk virtio2: [vda] 33554432 512-byte logical blocks (17.2 GB/16.0 GiB)'],
		[endOf('disk'), 'EXT4-fs (vda): mounted filesystem with ordered data mode'],
		...attachments.map(({mac}, index): readonly [number, string] => [endOf('network'), `virtio_net virtio${index + 3} eth${index}: link up, ${mac}`]),
	];
	return [...booting, ...becoming].map(([time, text]) => `${stamp(time)} ${text}`);
};

export const logsVerbs = (state: State): LogsVerbs => ({
	async * logs(reference, options = {}): AsyncGenerator<LogEntry, void> {
		const record = findContainer(state.containers, reference);
		assertReadable(record.container);
		const {follow, until, signal} = options;
		if (!follow) {
			yield * record.log.read({...options, isEnded: () => true});
			return;
		}

		using _ = state.watch();
		using expiry = state.timers.deadline((until ?? Infinity) - state.now(), signal);
		yield * record.log.read({...options, signal: expiry.signal, isEnded: () => !record.run && !record.cancelRestart});
	},
	async * bootLog(reference, {follow, tail, signal} = {}): AsyncGenerator<LogEntry, void> {
		const record = findContainer(state.containers, reference);
		const {run, container} = record;
		const {machine, name} = container;
		if (!machine) {
			throw new HolmError('not-found', `there is no boot log of container ${name}: it has had no machine yet`, {remedy: `holm start ${name}`});
		}

		const lines = bootLines(container, machine);
		for (const line of tail === undefined ? lines : lines.slice(Math.max(lines.length - tail, 0))) {
			if (signal?.aborted) {
				return;
			}

			yield {stream: 'stdout', timestamp: timestampOf(run?.startedAt ?? container.createdAt), bytes: Buffer.from(`${line}\n`)};
		}

		if (follow && run) {
			using _ = state.watch();
			await waitUntil(record, () => record.run !== run, signal);
		}
	},
});
