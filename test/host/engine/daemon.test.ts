import {bootTests} from './daemon/boots.js';
import {hangingTests} from './daemon/hanging.js';
import {killingTests} from './daemon/killing.js';
import {killsTests} from './daemon/kills.js';
import {malformedTests} from './daemon/malformed.js';
import {neighbourTests} from './daemon/neighbours.js';
import {serviceTests} from './daemon/service.js';
import {startingTests} from './daemon/starting.js';
import {vanishingTests} from './daemon/vanishing.js';
import {openWorld} from './world.js';

const world = openWorld();

startingTests(world);
malformedTests(world);
vanishingTests(world);
killingTests(world);
hangingTests(world);
killsTests(world);
bootTests(world);
serviceTests(world);
neighbourTests(world);
