import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {constants} from 'node:os';
import {HolmError, messageOf} from '../../engine/errors.js';
import {defineCommand} from '../command.js';
import {proxySignals} from '../terminal/signals.js';
import {findCompose} from './find-compose.js';

const remedy = 'Debian has it as docker-compose (a plugin from version 13 on), Homebrew as docker-compose, others as docker-compose-plugin; or put Docker\'s release into ~/.docker/cli-plugins/docker-compose';

export const command = defineCommand({
	usage: '[ARG...]',
	flags: {},
	passesArguments: true,
	async run({dockerHost, stdin, stdout, stderr, environment, workingDirectory}, _flags, input) {
		const compose = await findCompose(environment);
		if (compose === undefined) {
			throw new HolmError('unavailable', 'Docker Compose is not installed', {remedy});
		}

		const host = await dockerHost();
		try {
			// A terminal sends its signals to Compose, too; those to this process alone are passed on. Without one, Compose is not in this process's group:
			// it would get the group's signals twice, and takes the second one for impatience.
			const hasTerminal = [stdin, stdout, stderr].some(({isTTY}) => isTTY === true);
			const child = spawn(compose, input, {
				cwd: workingDirectory, env: {...host.defaults, ...environment, ...host.environment}, stdio: 'inherit', detached: !hasTerminal,
			});
			const stopProxying = proxySignals(async signal => {
				if (!hasTerminal || (signal !== 'SIGINT' && signal !== 'SIGQUIT')) {
					child.kill(signal as NodeJS.Signals);
				}
			}, () => undefined);
			try {
				const [status, signal] = await once(child, 'close') as [number | null, NodeJS.Signals | null];
				return status ?? 128 + (signal === null ? 0 : constants.signals[signal]);
			} finally {
				stopProxying();
			}
		} catch (error) {
			throw new HolmError('unavailable', `${compose} cannot be run: ${messageOf(error)}`, {remedy, cause: error});
		} finally {
			await host.close();
		}
	},
});
