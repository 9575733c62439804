import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {hasTmux, openTerminal} from '../../dashboard/helpers/tmux.js';
import {startMac} from './helpers/mac.js';
import {startStandIn} from './stand-in/server.js';

/*
A dashboard over Apple's container in a real terminal, on this host and over SSH. One stand-in serves the whole story, so its tests run in order.
*/

const cli = path.resolve(import.meta.dirname, '../../../cli.js');
const standIn = await startStandIn();
const mac = await startMac(standIn.environment);

test.after.always(async () => {
	await mac.close();
	await standIn.close();
});

const inTerminal = (title: string, implementation: (t: ExecutionContext) => Promise<void>) => {
	if (hasTmux) {
		test.serial(title, implementation);
	} else {
		test.serial.skip(`${title} (needs tmux)`, implementation);
	}
};

type Dashboard = Awaited<ReturnType<typeof openTerminal>>;

const openDashboard = async (host: string, environment: Readonly<Record<string, string>>): Promise<Dashboard> => {
	const terminal = await openTerminal({environment: {XDG_CONFIG_HOME: standIn.home, ...environment}});
	await terminal.type(`${process.execPath} ${cli} --host ${host}; echo status $?`);
	await terminal.press('Enter');
	try {
		await terminal.shows(/^ holm {2}.* connected /v);
		return terminal;
	} catch (error) {
		await terminal[Symbol.asyncDispose]();
		throw error;
	}
};

const labels = ['Image', 'Name', 'Networks', 'Ports', 'Environment', 'Volumes', 'CPUs', 'Memory', 'Command'];

/** Fills in the form of a new container and waits until its row shows that it runs; resolves with its address. */
const createContainer = async ({press, type, shows}: Dashboard, values: Readonly<Record<string, string>>): Promise<string> => {
	await press('1', 'c');
	await shows('New container');
	let at = 0;
	for (const [field, value] of Object.entries(values)) {
		const next = labels.indexOf(field);
		await press(...Array.from({length: next - at}, () => 'Down'));
		at = next;
		await type(value);
	}

	await press('Enter');
	const line = new RegExp(String.raw`^│[ ●] ${values.Name} +running +[^\n]*?(?<address>\d+\.\d+\.\d+\.\d+) back`, 'mv');
	return line.exec(await shows(line))!.groups!.address!;
};

const quit = async ({press, shows}: Dashboard) => {
	await press('Z', 'Z');
	await shows(/^status 0$/mv);
};

inTerminal('on this host: a network, two containers, logs, a document, a shell with names, and their end', async t => {
	const {HOME, HOLM_STAND_IN, HOLM_CONTAINER} = standIn.environment;
	await using dashboard = await openDashboard('apple', {HOME, HOLM_STAND_IN, HOLM_CONTAINER});
	const {press, type, shows} = dashboard;
	await press('2', 'c');
	await shows('New network');
	await type('back');
	await press('Enter');
	await shows(/│ +back +\d+\.\d+\.\d+\.0\/24/v);

	const one = await createContainer(dashboard, {
		Image: 'alpine/bash', Name: 'one', Networks: 'back', Command: 'sh -c \'i=0; while true; do echo line $i of the log; i=$((i+1)); sleep 1; done\'',
	});
	const two = await createContainer(dashboard, {
		Image: 'alpine/bash', Name: 'two', Networks: 'back', Command: 'sleep 100000',
	});
	t.not(one, two);
	await shows(/2\/2 running/v);
	await press('G');
	await shows(/3 Logs of one [\s\S]*line \d+ of the log/v);

	await press('1', 'i');
	t.regex(await shows('Container one'), /name: "one"/v);
	await press('Escape');
	await shows(/1 Containers 2 ─/v);

	await press('s');
	await shows('A shell in one');
	await type('echo in-$((40+2)); cat /etc/hosts');
	await press('Enter');
	await shows(/^in-42$/mv);
	await shows(new RegExp(String.raw`^${two.replaceAll('.', String.raw`\.`)}\s+two `, 'mv'));
	await type('exit 3');
	await press('Enter');
	await shows('The shell in one exited with 3');

	await press('2');
	await shows(/│ +back +\d+\.\d+\.\d+\.0\/24/v);
	await press('1', 'g', 'D');
	await shows(/Remove (?:the )?(?:container )?two\?/v);
	await press('y');
	await shows(/connected .*1\/1 running/v);
	await quit(dashboard);
	t.deepEqual([...standIn.world.containers.keys()], ['one']);
});

inTerminal('over SSH: the same container, a cut connection that heals, and work that goes on', async t => {
	await using dashboard = await openDashboard(`apple://${mac.target}`, {HOME: mac.environment.HOME!});
	const {press, shows} = dashboard;
	await shows(/│[ ●] one +running/v);
	await shows(/3 Logs of one [\s\S]*line \d+ of the log/v);
	const {connections} = mac.seen;
	mac.leave();
	await shows('LOST since');
	mac.comeBack();
	t.regex(await shows(/^ holm {2}.* connected /v), /│[ ●] one +running/v);
	t.true(mac.seen.connections > connections);
	await createContainer(dashboard, {
		Image: 'alpine/bash', Name: 'far', Networks: 'back', Command: 'sleep 100000',
	});
	await shows(/2\/2 running/v);
	await press('1', 'g', '*');
	await shows('2 marked');
	await press('D');
	await shows('Remove 2 containers?');
	await press('y');
	await shows(/connected .*0\/0 running/v);
	await press('2', 'g', 'D');
	await shows(/Remove (?:the )?network back\?/v);
	await press('y');
	await shows(/0\/0 running[\s\S]*2 Networks 1 /v);
	await quit(dashboard);
	t.deepEqual([...standIn.world.containers.keys()], []);
	t.deepEqual([...standIn.world.networks.keys()], ['default']);
});
