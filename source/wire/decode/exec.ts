import type {ExecConfiguration, ExecStatus} from '../../engine/execs.js';
import type {TerminalSize} from '../../engine/sessions.js';
import {HolmError} from '../../engine/errors.js';
import {fieldsOf, type Fields} from '../fields.js';

/** The body of `POST /containers/{id}/exec`. */
export const decodeCreateExec = (body: Fields): ExecConfiguration => {
	const command = body.texts('Cmd');
	if (command.length === 0) {
		throw new HolmError('invalid', 'Cmd is missing: there is no command to run');
	}

	return {
		command,
		terminal: body.flag('Tty'),
		stdin: body.flag('AttachStdin'),
		environment: body.texts('Env'),
		workingDirectory: body.optionalText('WorkingDir'),
		user: body.optionalText('User'),
		privileged: body.flag('Privileged'),
	};
};

/** The answer of `GET /exec/{id}/json`, of any engine; only Holm's has the environment. */
export const decodeExec = (json: unknown): ExecStatus => {
	const fields = fieldsOf(json);
	const process = fields.object('ProcessConfig');
	const holm = fields.object('Holm');
	const isRunning = fields.flag('Running');
	return {
		id: fields.text('ID'),
		containerId: fields.text('ContainerID'),
		configuration: {
			command: [...process.text('entrypoint') ? [process.text('entrypoint')] : [], ...process.texts('arguments')],
			terminal: process.flag('tty'),
			stdin: fields.flag('OpenStdin'),
			environment: holm.texts('Environment'),
			workingDirectory: holm.optionalText('WorkingDirectory'),
			user: process.optionalText('user'),
			privileged: process.flag('privileged'),
		},
		running: isRunning,
		exitCode: isRunning ? undefined : fields.optionalNumber('ExitCode'),
	};
};

/** Docker's `ConsoleSize`: rows, then columns. */
export const decodeConsoleSize = (body: Fields): TerminalSize | undefined => {
	const size = body.raw.ConsoleSize;
	if (!Array.isArray(size)) {
		return undefined;
	}

	const [rows, columns] = size as unknown[];
	if (!Number.isSafeInteger(rows) || !Number.isSafeInteger(columns)) {
		throw new HolmError('invalid', 'ConsoleSize must be a list of two whole numbers');
	}

	return Number(rows) > 0 && Number(columns) > 0 ? {rows: Number(rows), columns: Number(columns)} : undefined;
};
