import test from 'ava';
import {testArchives} from './archives.js';
import {testCommits} from './commits.js';
import {testContainers} from './containers.js';
import {testDisks} from './changes.js';
import {testEvents} from './events.js';
import {testImages} from './images.js';
import {createLaboratory, type ContractOptions, type Opened} from './laboratory.js';
import {testLifecycle} from './lifecycle.js';
import {testLogs} from './logs.js';
import {testNetworks} from './networks.js';
import {testSessions} from './sessions.js';
import {testSystem} from './system.js';
import {testUpdates} from './updates.js';
import {testVolumes} from './volumes.js';

const defaultTimeout = 120_000;

/**
Registers tests of everything that an `Engine` promises, against one backend.

The engine is opened once, by the first test, and closed after the last. Tests run one after another and remove what they made. The image has to have a shell and busybox's small tools; the commands in it are only such as both busybox and the engine in memory have.
*/
export const testEngine = (name: string, open: () => Promise<Opened>, options: ContractOptions = {}): void => {
	let opening: Promise<Opened> | undefined;
	test.after.always(`${name}: close`, async () => {
		const opened = await opening;
		await opened?.close();
	});
	const register: Parameters<typeof testContainers>[0] = (title, implementation) => {
		test.serial(`${name}: ${title}`, async t => {
			t.timeout(options.timeout ?? defaultTimeout);
			opening ??= open();
			await implementation(createLaboratory(t, await opening, options));
		});
	};

	const lacks = options.lacks ?? {};
	testContainers(register, lacks);
	testLifecycle(register, lacks);
	testUpdates(register, lacks);
	testLogs(register, lacks);
	testSessions(register, lacks);
	testArchives(register);
	testDisks(register, lacks);
	testCommits(register);
	testNetworks(register, lacks);
	testVolumes(register, options);
	testImages(register, options);
	testEvents(register);
	testSystem(register, options);
};
