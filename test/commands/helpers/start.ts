import {start} from '../../../source/commands/start.js';

await start();
