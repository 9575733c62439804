import type {Case} from '../../host.js';
import {powerCut, reboot} from './boots.js';
import {bench, tutorial, upgrade} from './commands.js';
import {apparmor} from './confinement.js';
import {device} from './device.js';
import {daemonRestart, volumes} from './first-start.js';
import {docker, ufw} from './neighbours.js';
import {reset, service} from './service.js';

/** What is done on a host that is a machine of its own, in an order that shares what takes long: the reset is the last. */
export const systemCases: readonly Case[] = [
	volumes,
	daemonRestart,
	reboot,
	powerCut,
	device,
	apparmor,
	ufw,
	upgrade,
	service,
	tutorial,
	bench,
	docker,
	reset,
];
