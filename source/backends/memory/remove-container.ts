import {change} from './change-status.js';
import {releaseLease} from './endpoints.js';
import {publish, publishOf, type ContainerRecord, type State} from './state.js';
import {usersOf} from './volume-store.js';

/** Takes away a container that does not run, and with `volumes` the anonymous ones that nobody else mounts. */
export const removeRecord = (state: State, record: ContainerRecord, {volumes}: {readonly volumes: boolean}): void => {
	const {container} = record;
	record.cancelRestart?.();
	record.cancelRestart = undefined;
	state.containers.delete(record.id);
	record.isRemoved = true;
	for (const attachment of container.attachments) {
		releaseLease(state, attachment);
	}

	for (const [id, exec] of state.execs) {
		if (exec.containerId === record.id) {
			state.execs.delete(id);
		}
	}

	record.input.end();
	record.output.end();
	publishOf(state, record, 'destroy');
	for (const mount of container.mounts) {
		if (!(volumes && mount.type === 'volume' && state.volumes.get(mount.source)?.volume.anonymous && usersOf(state, mount.source).length === 0)) {
			continue;
		}

		state.volumes.delete(mount.source);
		publish(state, 'volume', 'destroy', mount.source, {driver: 'local'});
	}

	change(record, {});
};

