import type {ExecConfiguration, ExecStatus} from '../../engine/execs.js';

/** The body of `POST /containers/{id}/exec`. */
export const encodeCreateExec = (configuration: ExecConfiguration) => ({
	Cmd: [...configuration.command],
	Tty: configuration.terminal,
	AttachStdin: configuration.stdin,
	AttachStdout: true,
	AttachStderr: true,
	Env: [...configuration.environment],
	WorkingDir: configuration.workingDirectory,
	User: configuration.user,
	Privileged: configuration.privileged,
});

/** The answer of `GET /exec/{id}/json`. */
export const encodeExec = ({id, containerId, configuration, running, exitCode}: ExecStatus) => ({
	ID: id,
	ContainerID: containerId,
	Running: running,
	ExitCode: exitCode ?? null,
	ProcessConfig: {
		tty: configuration.terminal,
		entrypoint: configuration.command[0] ?? '',
		arguments: configuration.command.slice(1),
		privileged: configuration.privileged,
		user: configuration.user,
	},
	OpenStdin: configuration.stdin,
	OpenStdout: true,
	OpenStderr: true,
	CanRemove: false,
	DetachKeys: '',
	Pid: 0,
	Holm: {Environment: [...configuration.environment], WorkingDirectory: configuration.workingDirectory},
});
