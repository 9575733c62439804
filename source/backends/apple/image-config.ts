import type {ImageConfiguration} from '../../engine/resources.js';
import {createFileTree} from '../memory/file-tree.js';
import {applyChanges, type Stage} from '../memory/build/stage.js';
import type {Members} from './decode/lenient.js';

/** A configuration after instructions of a Dockerfile that leave no layer. Throws `invalid` for others. */
export const withChanges = async (configuration: ImageConfiguration, changes: readonly string[]): Promise<ImageConfiguration> => {
	const stage: Stage = {files: createFileTree(Date.now), configuration, history: [], arguments: new Map()};
	await applyChanges(stage, changes);
	return stage.configuration;
};

const set = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, {}]));

const nanoseconds = (milliseconds: number | undefined) => milliseconds === undefined ? undefined : milliseconds * 1e6;

/** `config` of the OCI image specification, with Docker's members beside. */
export const ociConfig = ({
	user,
	environment,
	entrypoint,
	command,
	workingDirectory,
	exposedPorts,
	volumes,
	labels,
	stopSignal,
	shell,
	onBuild,
	healthcheck,
}: ImageConfiguration): Members => ({
	...user !== '' && {User: user},
	Env: environment,
	...entrypoint.length > 0 && {Entrypoint: entrypoint},
	...command.length > 0 && {Cmd: command},
	...workingDirectory !== '' && {WorkingDir: workingDirectory},
	...exposedPorts.length > 0 && {ExposedPorts: set(exposedPorts)},
	...volumes.length > 0 && {Volumes: set(volumes)},
	...Object.keys(labels).length > 0 && {Labels: labels},
	...stopSignal !== undefined && {StopSignal: stopSignal},
	...shell && {Shell: shell},
	...onBuild && {OnBuild: onBuild},
	...healthcheck && {Healthcheck: {
		Test: healthcheck.test,
		Interval: nanoseconds(healthcheck.intervalMs),
		Timeout: nanoseconds(healthcheck.timeoutMs),
		StartPeriod: nanoseconds(healthcheck.startPeriodMs),
		StartInterval: nanoseconds(healthcheck.startIntervalMs),
		Retries: healthcheck.retries,
	}},
});
