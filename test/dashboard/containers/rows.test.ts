import test from 'ava';
import {stateRole, stateText} from '../../../source/dashboard/containers/rows.js';
import type {Health} from '../../../source/engine/health.js';
import {container} from '../../engine/resources.js';

test('a container that runs with health checks shows its health, any other its state', t => {
	const healthy = (status: Health['status']): Health => ({status, failingStreak: 0, log: []});
	for (const [health, text, role] of [
		[undefined, 'running', 'good'],
		[healthy('starting'), 'starting', 'warning'],
		[healthy('healthy'), 'healthy', 'good'],
		[healthy('unhealthy'), 'unhealthy', 'bad'],
	] as const) {
		t.is(stateText(container({health})), text);
		t.is(stateRole(container({health})), role);
	}

	t.is(stateText(container({status: {state: 'paused', pid: 1, startedAt: 0}, health: healthy('unhealthy')})), 'paused');
});
