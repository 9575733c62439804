import test from 'ava';
import {missingClient} from './docker/client.js';
import {lifeTests} from './docker/lives.js';
import {streamTests} from './docker/streams.js';
import {thingTests} from './docker/things.js';
import {openWorld} from './world.js';

if (missingClient === undefined) {
	const world = openWorld();
	lifeTests(world);
	streamTests(world);
	thingTests(world);
} else {
	test.skip(`docker's client against the engine (${missingClient})`, t => {
		t.fail();
	});
}
