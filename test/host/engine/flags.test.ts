import {endTests} from './flags/ends.js';
import {mountFlagTests} from './flags/mount-flags.js';
import {processFlagTests} from './flags/process-flags.js';
import {socketFlagTests} from './flags/socket-flags.js';
import {settingFlagTests} from './flags/setting-flags.js';
import {openWorld} from './world.js';

const world = openWorld({sharesMounts: true, programs: ['socat']});

processFlagTests(world);
mountFlagTests(world);
socketFlagTests(world);
settingFlagTests(world);
endTests(world);
