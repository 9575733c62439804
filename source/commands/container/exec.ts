import {HolmError} from '../../engine/errors.js';
import {defineCommand} from '../command.js';
import {mergeVariables, readLines} from '../../flags/environment.js';
import {followSize, joinSession, terminalSizeOf} from '../../terminal/session.js';
import {attachFlags} from '../../flags/attach-flags.js';
import {checkTerminal} from './attached.js';

export const command = defineCommand({
	usage: 'CONTAINER COMMAND [ARG...]',
	flags: {
		detach: {type: 'boolean', shortFlag: 'd', description: 'Run in the background'},
		interactive: {type: 'boolean', shortFlag: 'i', description: 'Keep standard input open'},
		tty: {type: 'boolean', shortFlag: 't', description: 'Allocate a terminal'},
		env: {
			type: 'string', shortFlag: 'e', isMultiple: true, value: 'KEY[=VALUE]', description: 'Environment variable',
		},
		envFile: {
			type: 'string', isMultiple: true, value: 'FILE', description: 'Read environment variables from a file',
		},
		workdir: {
			type: 'string', shortFlag: 'w', value: 'PATH', description: 'Working directory',
		},
		user: {
			type: 'string', shortFlag: 'u', value: 'USER[:GROUP]', description: 'User, by name or number',
		},
		privileged: {type: 'boolean', description: 'Grant all capabilities'},
		detachKeys: attachFlags.detachKeys,
	},
	flagsEndAtFirstArgument: true,
	exitsAsProcess: true,
	async run(context, flags, [reference = '', ...arguments_]) {
		checkTerminal(context, {terminal: flags.tty, input: flags.interactive && !flags.detach, detachKeys: flags.detachKeys});
		const lines = await Promise.all(flags.envFile.map(async file => readLines('--env-file', file, context.workingDirectory)));
		const engine = await context.engine();
		const id = await engine.createExec(reference, {
			command: arguments_,
			terminal: flags.tty,
			stdin: flags.interactive && !flags.detach,
			environment: mergeVariables([...lines.flat(), ...flags.env], context.environment),
			workingDirectory: flags.workdir,
			user: flags.user,
			privileged: flags.privileged,
		});
		const session = await engine.startExec(id, flags.tty ? terminalSizeOf(context.stdout) : undefined);
		if (flags.detach) {
			session.close();
			return 0;
		}

		const stopFollowing = flags.tty ? followSize(context.stdout, async size => engine.resizeExec(id, size)) : undefined;
		try {
			if (await joinSession(session, context, {stdin: flags.interactive, detachKeys: flags.detachKeys}) === 'detached') {
				return 0;
			}
		} finally {
			stopFollowing?.();
		}

		const {exitCode} = await engine.exec(id);
		if (exitCode === undefined) {
			throw new HolmError('internal', 'the output ended before the command did', {remedy: 'check whether the container still runs'});
		}

		return exitCode;
	},
});
