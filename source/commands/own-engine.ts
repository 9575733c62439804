import {HolmError} from '../engine/errors.js';
import {isAppleHere, whichEngine} from '../backends/hosts/which-engine.js';
import type {Context} from './command.js';

type Given = Pick<Context, 'host' | 'environment'>;

/** Whether the command is about Apple's container of this host. */
export const isAboutApple = ({host, environment}: Given): boolean => isAppleHere(whichEngine(host, environment));

/** Throws `invalid` if `--host` or HOLM_HOST names another engine, for commands that only support this host's. `deed` completes "can be". */
export const assertOwnEngine = ({host, environment}: Given, deed: string): void => {
	if (whichEngine(host, environment).kind !== 'own') {
		throw new HolmError('invalid', `only the engine of this host can be ${deed}, and ${host === undefined ? 'HOLM_HOST' : '--host'} names another one`, {remedy: '--host own names this host\'s'});
	}
};

/** Throws `unsupported` for Apple's container, where a command has no meaning. */
export const refuseApple = (context: Given, deed: string, remedy: string): void => {
	if (isAboutApple(context)) {
		throw new HolmError('unsupported', `Apple's container cannot be ${deed} by Holm`, {remedy});
	}
};
