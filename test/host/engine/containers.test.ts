import {copyTests} from './containers/copies.js';
import {diskTests} from './containers/disks.js';
import {execTests} from './containers/execs.js';
import {lifecycleTests} from './containers/lifecycle.js';
import {logTests} from './containers/logs.js';
import {processTests} from './containers/processes.js';
import {terminalTests} from './containers/terminals.js';
import {openWorld} from './world.js';

const world = openWorld();

processTests(world);
lifecycleTests(world);
terminalTests(world);
execTests(world);
copyTests(world);
diskTests(world);
logTests(world);
