import type {SessionsVerbs} from '../../engine/sessions.js';
import {HolmError} from '../../engine/errors.js';
import {findContainer} from '../../rules/find-resource.js';
import {checkSize} from '../../rules/containers/terminal-size.js';
import {runOf} from './container-record.js';
import {openSession} from './open-session.js';
import {publishOf, type State} from './state.js';

export const sessionsVerbs = (state: State): SessionsVerbs => ({
	async attachContainer(reference, {stdin = false, logs = false} = {}) {
		const record = findContainer(state.containers, reference);
		const {container} = record;
		if (container.status.state === 'paused') {
			throw new HolmError('conflict', `container ${container.name} is paused, unpause the container before attach`, {remedy: `holm unpause ${container.name}`});
		}

		const isOpen = stdin && container.configuration.openStdin;
		const {input} = record;
		const {session, viewer} = openSession({
			terminal: container.configuration.terminal,
			...isOpen && {
				async type(bytes: Uint8Array) {
					await (record.terminal ? record.terminal.type(bytes) : input.write(bytes));
				},
				...!container.configuration.keepStdin && {endInput: input.end},
			},
			watching: state.watch(),
			onClose() {
				leave();
			},
		});
		// In the same turn as the attachment, so that no byte is missing or comes twice.
		const leave = record.output.add(viewer);
		if (logs) {
			const {stdout, stderr} = record.output.begun();
			for (const {stream, bytes} of [...record.log.entries(), {stream: 'stdout', bytes: stdout}, {stream: 'stderr', bytes: stderr}] as const) {
				void viewer.write(stream, bytes);
			}
		}

		publishOf(state, record, 'attach');
		return session;
	},
	async resizeContainer(reference, size) {
		checkSize(size);
		const record = findContainer(state.containers, reference);
		runOf(record);
		publishOf(state, record, 'resize', {height: String(size.rows), width: String(size.columns)});
	},
});
