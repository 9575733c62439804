import {killingTests} from './daemon/killing.js';
import {malformedTests} from './daemon/malformed.js';
import {neighbourTests} from './daemon/neighbours.js';
import {startingTests} from './daemon/starting.js';
import {vanishingTests} from './daemon/vanishing.js';
import {openWorld} from './world.js';

const world = openWorld();

startingTests(world);
malformedTests(world);
vanishingTests(world);
killingTests(world);
neighbourTests(world);
