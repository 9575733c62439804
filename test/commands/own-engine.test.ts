import test from 'ava';
import {assertOwnEngine} from '../../source/commands/own-engine.js';

test('what is done to this host\'s engine alone is refused where another one is named', t => {
	for (const given of [{environment: {}}, {environment: {HOLM_HOST: ''}}, {environment: {HOLM_HOST: 'own'}}, {host: 'own', environment: {HOLM_HOST: 'ssh://lab'}}]) {
		t.notThrows(() => {
			assertOwnEngine(given, 'stopped');
		});
	}

	t.throws(() => {
		assertOwnEngine({host: 'tcp://127.0.0.1:2375', environment: {}}, 'stopped');
	}, {message: 'only the engine of this host can be stopped, and --host names another one'});
	t.throws(() => {
		assertOwnEngine({environment: {HOLM_HOST: 'docker'}}, 'reset');
	}, {message: 'only the engine of this host can be reset, and HOLM_HOST names another one'});
});
