import {build} from './cases/build.js';
import {containers} from './cases/containers.js';
import {contract} from './cases/contract.js';
import {doctor} from './cases/doctor.js';
import {networks} from './cases/networks.js';
import {start} from './cases/start.js';
import {stop} from './cases/stop.js';
import {volumes} from './cases/volumes.js';
import type {Case} from './host.js';
import {systemCases} from './system/cases/all.js';
import {quickstart} from './system/cases/commands.js';
import {firstStart} from './system/cases/first-start.js';

/** Every case, in the order in which they run on a host. */
export const cases: readonly Case[] = [
	quickstart,
	doctor,
	firstStart,
	start,
	build,
	containers,
	networks,
	volumes,
	contract,
	stop,
	...systemCases,
];
