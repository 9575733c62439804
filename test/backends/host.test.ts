import test from 'ava';
import {importBox} from '../host/engine/box.js';
import {createWorld, obstacle} from '../host/engine/world.js';
import {testEngine} from '../contract/engine.js';

if (obstacle === undefined) {
	testEngine('host', async () => {
		const world = await createWorld({withBuilder: true});
		await importBox(world);
		return {
			engine: world.engine,
			image: 'box',
			async close() {
				const remains = await world.close();
				if (remains.length > 0) {
					throw new Error(`left on the host: ${remains.join('; ')}`);
				}
			},
		};
	}, {lacks: {registry: true}});
} else {
	test.skip(`host: everything that an engine promises (${obstacle})`, t => {
		t.fail();
	});
}
