import {usedTests} from './refusals/used.js';
import {hostTests} from './refusals/hosts.js';
import {invalidTests} from './refusals/invalid.js';
import {unknownTests} from './refusals/unknown.js';
import {openWorld} from './world.js';

// On a separate disk, which a test fills.
const world = openWorld({diskBytes: 1024 ** 3});

unknownTests(world);
invalidTests(world);
usedTests(world);
hostTests(world);
