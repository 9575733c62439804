import {isolationTests} from './networks/isolation.js';
import {nameTests} from './networks/names.js';
import {portTests} from './networks/ports.js';
import {openWorld} from './world.js';

const world = openWorld({programs: ['socat']});

nameTests(world);
isolationTests(world);
portTests(world);
