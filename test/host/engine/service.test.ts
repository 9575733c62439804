import {bootTests} from './daemon/boots.js';
import {serviceTests} from './daemon/service.js';
import {openWorld} from './world.js';

const world = openWorld();

bootTests(world);
serviceTests(world);
