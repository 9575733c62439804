import {
	readFile,
	rename,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {takeEveryStep} from '../every-step.js';
import {run} from '../run.js';
import {orMissing} from '../store/missing.js';
import {defaultRoot} from '../store/paths.js';
import {serviceUnit, socketUnit, unitMark} from './units.js';

const unitDirectory = '/etc/systemd/system';

const unitFiles = [serviceUnit, socketUnit].map(name => path.join(unitDirectory, name));

/** Whether the host was booted with systemd, like sd_booted(3). */
export const isSystemdRunning = async (): Promise<boolean> => {
	try {
		return (await stat('/run/systemd/system')).isDirectory();
	} catch {
		return false;
	}
};

const readText = async (file: string): Promise<string | undefined> => orMissing(readFile(file, 'utf8'));

/** Unit files with the service's names that Holm did not make. */
export const foreignUnits = async (): Promise<readonly string[]> => {
	const texts = await Promise.all(unitFiles.map(async file => readText(file)));
	return unitFiles.filter((_, index) => texts[index] !== undefined && !texts[index].startsWith(unitMark));
};

/** Whether the engine in a directory is a service of this host. Only the one in the default directory can be. */
export const isService = async (root: string): Promise<boolean> => {
	if (path.resolve(root) !== defaultRoot || !await isSystemdRunning()) {
		return false;
	}

	const text = await readText(unitFiles[0]!);
	return text?.startsWith(unitMark) === true;
};

const systemctl = async (...arguments_: readonly string[]) => run('systemctl', arguments_, {remedy: `systemctl status ${serviceUnit} and journalctl -u ${serviceUnit} may say more`});

const isActive = async (unit: string): Promise<boolean> => {
	// 3: not active; 4: no such unit.
	const {exitCode} = await run('systemctl', ['is-active', '--quiet', unit], {accept: [0, 1, 2, 3, 4]});
	return exitCode === 0;
};

/** Writes the units, reloads systemd, and enables them. */
export const writeUnits = async (texts: {readonly service: string; readonly socket: string}): Promise<void> => {
	for (const [index, text] of [texts.service, texts.socket].entries()) {
		const file = unitFiles[index]!;
		await writeFile(`${file}.new`, text, {mode: 0o644});
		await rename(`${file}.new`, file);
	}

	await systemctl('daemon-reload');
	await systemctl('--quiet', 'enable', serviceUnit, socketUnit);
};

/** Starts the service, or restarts it with `isChanged`. Containers continue. */
export const startService = async ({isChanged = false} = {}): Promise<void> => {
	if (isChanged || !await isActive(socketUnit)) {
		// Systemd does not create a socket for a running service.
		await systemctl('stop', socketUnit, serviceUnit);
	}

	await systemctl('start', socketUnit, serviceUnit);
};

/** Stops the daemon and closes its socket, through which a command would start it again. Containers continue. */
export const stopService = async (): Promise<void> => {
	await systemctl('stop', socketUnit, serviceUnit);
};

/** Closes only the socket. */
export const closeServiceSocket = async (): Promise<void> => {
	await systemctl('stop', socketUnit);
};

export const isServiceActive = async (): Promise<boolean> => isActive(serviceUnit);

/** Stops the service and removes its units. Containers continue. */
export const removeService = async (): Promise<void> => {
	await takeEveryStep([
		stopService,
		async () => {
			await systemctl('--quiet', 'disable', serviceUnit, socketUnit);
		},
		...unitFiles.map(file => async () => rm(file, {force: true})),
		async () => {
			await systemctl('daemon-reload');
		},
	], 'the service could not be removed completely');
};

/** Whether systemd is shutting down the host. */
export const isHostStopping = async (): Promise<boolean> => {
	if (!await isSystemdRunning()) {
		return false;
	}

	try {
		const {stdout} = await run('systemctl', ['is-system-running'], {accept: [0, 1, 2, 3, 4], signal: AbortSignal.timeout(5000)});
		return stdout.trim() === 'stopping';
	} catch {
		return false;
	}
};
