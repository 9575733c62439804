import type {Engine} from '../../engine/engine.js';
import {HolmError} from '../../engine/errors.js';
import {findContainer} from '../../rules/references.js';
import {openSession} from './open-session.js';
import {publishOf, type State} from './state.js';
import {checkSize} from './terminal-size.js';

type Verbs = Pick<Engine, 'attachContainer' | 'resizeContainer' | 'top'>;

export const sessionVerbs = (state: State): Verbs => ({
	async attachContainer(reference, {stdin = false, logs = false} = {}) {
		state.settle();
		const record = findContainer(state.containers, reference);
		const {container} = record;
		if (container.status.state === 'paused') {
			throw new HolmError('conflict', `container ${container.name} is paused, unpause the container before attach`, {remedy: `holm unpause ${container.name}`});
		}

		const isOpen = stdin && container.configuration.openStdin;
		const {input} = record;
		const release = state.watch();
		const {session, viewer} = openSession({
			terminal: container.configuration.terminal,
			...isOpen && {
				async type(bytes: Uint8Array) {
					await (record.terminal ? record.terminal.type(bytes) : input.write(bytes));
				},
				endInput: input.end,
			},
			onClose() {
				leave();
				release();
			},
		});
		// Together with what comes from now on, so that nothing is missing or comes twice.
		const leave = record.output.add(viewer);
		if (logs) {
			for (const {stream, bytes} of record.log.entries()) {
				viewer.receive(stream, bytes);
			}

			const begun = record.output.begun();
			viewer.receive('stdout', begun.stdout);
			viewer.receive('stderr', begun.stderr);
		}

		publishOf(state, record, 'attach');
		return session;
	},
	async resizeContainer(reference, size) {
		state.settle();
		checkSize(size);
		const record = findContainer(state.containers, reference);
		if (!record.run) {
			throw new HolmError('conflict', `container ${record.id} is not running`, {remedy: `holm start ${record.container.name}`});
		}

		record.terminal?.resize(size);
		publishOf(state, record, 'resize', {height: String(size.rows), width: String(size.columns)});
	},
	async top(reference) {
		state.settle();
		const record = findContainer(state.containers, reference);
		const {run, container: {status}} = record;
		if (!run || !('pid' in status)) {
			throw new HolmError('conflict', `container ${record.id} is not running`, {remedy: `holm start ${record.container.name}`});
		}

		const timeOf = (at: number) => new Date(at).toISOString().slice(11, 16);
		return {
			titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'],
			processes: [...run.processes.values()].map(({pid, user, startedAt, command}) =>
				[user, String(status.pid + pid - 1), pid === 1 ? '1' : String(status.pid), '0', timeOf(startedAt), '?', '00:00:00', command.join(' ')]),
		};
	},
});
