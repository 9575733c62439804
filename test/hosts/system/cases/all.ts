import type {Case} from '../../host.js';
import {powerCut, reboot} from './boots.js';
import {bench, tutorial, upgrade} from './commands.js';
import {apparmor} from './confinement.js';
import {device} from './device.js';
import {daemonRestart, volumes} from './first-start.js';
import {docker, ufw} from './neighbours.js';
import {reset, service} from './service.js';

/** The cases for whole systems, in an order that shares slow steps. The reset is last. */
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
