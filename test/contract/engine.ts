import test from 'ava';
import {testArchives} from './archives.js';
import {testBuild} from './build.js';
import {testChanges} from './changes.js';
import {testCommits} from './commits.js';
import {testContainers} from './containers.js';
import {testEvents} from './events.js';
import {testExecs} from './execs.js';
import {testHealth} from './health.js';
import {testImages} from './images.js';
import {
	createLaboratory,
	startStanding,
	type ContractOptions,
	type Opened,
} from './laboratory.js';
import {testLifecycle} from './lifecycle.js';
import {testLogs} from './logs.js';
import {testNetworks} from './networks.js';
import {testSessions} from './sessions.js';
import {testSnapshot} from './snapshot.js';
import {testStats} from './stats.js';
import {testSystem} from './system.js';
import {testTransfer} from './transfer.js';
import {testVolumes} from './volumes.js';

const defaultTimeout = 120_000;

/**
Registers the contract tests of `Engine` against one backend.

The engine is opened once, by the first test, and closed after the last. Tests run one after another and remove what they made; those that only look into a running container share one. The image needs a shell and busybox's applets; tests only use commands that busybox and the engine in memory share.
*/
export const testEngine = (name: string, open: () => Promise<Opened>, options: ContractOptions = {}): void => {
	let opening: Promise<Opened> | undefined;
	let starting: Promise<string> | undefined;
	test.after.always(`${name}: close`, async () => {
		const opened = await opening;
		await opened?.close();
	});
	const register: Parameters<typeof testContainers>[0] = (title, implementation) => {
		test.serial(`${name}: ${title}`, async t => {
			t.timeout(options.timeout ?? defaultTimeout);
			opening ??= open();
			const opened = await opening;
			const standing = async () => {
				starting ??= startStanding(opened);
				return starting;
			};

			await implementation(createLaboratory(t, {...opened, standing}, options));
		});
	};

	const lacks = options.lacks ?? {};
	if (options.isOfStreamsAlone) {
		testLogs(register, lacks);
		testSessions(register, lacks);
		testExecs(register, lacks);
		testArchives(register);
		return;
	}

	testContainers(register, lacks);
	testLifecycle(register, lacks);
	testLogs(register, lacks);
	testSessions(register, lacks);
	testExecs(register, lacks);
	testHealth(register, lacks);
	testStats(register);
	testArchives(register);
	testChanges(register, lacks);
	testCommits(register);
	testNetworks(register, lacks);
	testVolumes(register, options);
	testImages(register, options);
	testTransfer(register, lacks);
	testBuild(register);
	testEvents(register);
	testSystem(register, options);
	testSnapshot(register);
	register('a container outlives all that was done beside it and in it', async ({t, engine, standing}) => {
		const id = await standing();
		starting = undefined;
		t.like(await engine.container(id), {restartCount: 0, status: {state: 'running'}});
		await engine.removeContainer(id, {force: true});
	});
};
