import {hangingTests} from './daemon/hanging.js';
import {killsTests} from './daemon/kills.js';
import {openWorld} from './world.js';

const world = openWorld();

hangingTests(world);
killsTests(world);
