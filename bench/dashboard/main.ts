/**
Measures the dashboard in a terminal of 160 columns and 50 rows, with 200 containers on 20 networks in the memory engine: `npm run bench:dashboard`, `npm run bench:dashboard -- --json`, `npm run bench:dashboard -- keys`.
*/
import {runBench} from '../run-bench.js';
import {measurement as firstFrame} from './first-frame.js';
import {measurement as flood} from './flood.js';
import {measurement as idle} from './idle.js';
import {measurement as keys} from './keys.js';

await runBench('bench:dashboard', [firstFrame, keys, idle, flood]);
