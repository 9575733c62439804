import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {openWorld} from '../host/engine/world.js';
import {hasTmux, openDashboard, type Terminal} from './helpers/tmux.js';

const cli = path.resolve(import.meta.dirname, '../../cli.js');

const world = openWorld();

const inTerminal: typeof world.test = (title, implementation) => {
	if (hasTmux) {
		world.test(title, implementation);
	} else {
		test.serial.skip(`${title} (needs tmux)`, implementation);
	}
};

const counting = 'sh -c \'i=0; while true; do echo line $i of the log; i=$((i+1)); sleep 1; done\'';

/** Opens the dashboard in a shell that afterwards prints the exit status and whether the terminal is restored. */
const openStory = async (): Promise<Terminal> => {
	const {directory, root} = world;
	return openDashboard(
		`before=$(stty -g); echo kept; ${process.execPath} ${cli} --root ${root}; echo status $?; [ "$(stty -g)" = "$before" ] && echo same-terminal`,
		{environment: {HOME: directory, XDG_CONFIG_HOME: directory}},
	);
};

/** Types each value into its field, from the first field on, and submits the form. */
type FieldValues = ReadonlyArray<readonly [field: string, value: string]>;

const fill = async ({type, press, shows}: Terminal, title: string, values: FieldValues, labels: readonly string[]) => {
	await shows(title);
	let at = 0;
	for (const [field, value] of values) {
		const next = labels.indexOf(field);
		await press(...Array.from({length: next - at}, () => 'Down'));
		at = next;
		await type(value);
	}

	await press('Enter');
};

const containerLabels = ['Image', 'Name', 'Networks', 'Ports', 'Environment', 'Volumes', 'CPUs', 'Memory', 'Command'];

const createContainer = async (dashboard: Terminal, {name, network, command}: Readonly<Record<'name' | 'network' | 'command', string>>): Promise<string> => {
	await dashboard.press('1', 'c');
	await fill(dashboard, 'New container', [['Image', 'box:latest'], ['Name', name], ['Networks', network], ['Command', command]], containerLabels);
	const line = new RegExp(String.raw`^│[ ●] ${name} +running +[^\n]*?(?<address>\d+\.\d+\.\d+\.\d+) ${network}`, 'mv');
	return line.exec(await dashboard.shows(line))!.groups!.address!;
};

/** Presses Esc and waits, since a lone Esc is recognized only after a delay. */
const goBack = async ({press, shows}: Terminal, until: RegExp | string) => {
	await press('Escape');
	return shows(until);
};

/** Every row between the first and the last belongs to a pane. */
const wholeScreen = /^ holm [^\n]*\n [^\n]*\n(?:[╭│╰][^\n]*\n){33} [^\n]*\n$/v;

/** Number of the last log line on the screen. */
const lastLine = (text: string): number => Number([...text.matchAll(/^│ {2}line (?<number>\d+) of the log/gmv)].at(-1)?.groups!.number ?? -1);

const createdNetwork = /│ +back +\d+\.\d+\.\d+\.0\/24/v;

inTerminal('the whole story, by keys, on real machines', async t => {
	t.timeout(600_000);
	await using dashboard = await openStory();
	const {press, type, shows, flag} = dashboard;
	t.is(await flag('alternate_on'), '1');

	await press('2', 'c');
	await fill(dashboard, 'New network', [['Name', 'back']], ['Name', 'Subnet']);
	await shows(createdNetwork);

	const one = await createContainer(dashboard, {name: 'one', network: 'back', command: counting});
	const two = await createContainer(dashboard, {name: 'two', network: 'back', command: 'sleep 100000'});
	t.not(one, two);
	const both = await shows(/2\/2 running/v);
	t.true(both.includes(one) && both.includes(two));

	await press('1', 'G');
	const before = lastLine(await shows(/3 Logs of one [\s\S]*line \d+ of the log/v));
	await shows(new RegExp(`line ${before + 2} of the log`, 'v'));
	await press('l', '/');
	await shows(/^ Search/mv);
	await type('line [01] of');
	await press('Enter');
	// Matches are counted while typing; Enter jumps to one.
	await shows(/search line \[01\] of: 2 matches [^\n]*paused/v);
	await press('G');
	await shows(/3 Logs[^\n]*following/v);

	await press('1', 'i');
	t.regex(await shows('Container one'), /image: "box:latest"/v);
	await goBack(dashboard, '1 Containers');

	await press('e');
	await shows('A shell in one');
	t.is(await flag('cursor_flag'), '1');
	await type('echo in-$((40+2)); stty size');
	await press('Enter');
	await shows(/^in-42\n36 120$/mv);
	await type('exit 3');
	await press('Enter');
	await shows('The shell in one exited with 3');
	t.regex(await shows(wholeScreen), /1 Containers 2/v);
	t.is(await flag('cursor_flag'), '0');

	await press('r');
	await shows('Resolve from the host and one');
	await type('two');
	await press('Enter');
	await shows('Addresses of two');
	t.regex(await shows('From one:'), new RegExp(String.raw`From one:[\s\S]*Address: ${two.replaceAll('.', String.raw`\.`)}\b`, 'v'));
	await goBack(dashboard, /1 Containers 2 ─/v);

	await press('9');
	const machine = await shows(/\dM of host memory/v);
	t.regex(machine, /runs on +(?:kvm|tcg)/v);
	t.regex(machine, /restore +█+ +\d+ ms +@0/v);
	t.regex(machine, /process +█+ +\d+ ms/v);
	await press('6');
	await shows('6 DNS records');
	await shows(new RegExp(String.raw`back +two +A +${two.replaceAll('.', String.raw`\.`)} .*two`, 'v'));
	await press('7');
	await shows(new RegExp(String.raw`network +lease +back +address=${one.replaceAll('.', String.raw`\.`)} holder=one`, 'v'));
	await shows(new RegExp(String.raw`network +record +back +address=${two.replaceAll('.', String.raw`\.`)} names=two`, 'v'));

	await press('1', 'g', '*');
	await shows('2 marked');
	await press('D');
	const question = await shows('Remove 2 containers?');
	t.true(question.includes(`${one} on back`) && question.includes(`${two} on back`));
	t.regex(question, /2 running, will be killed/v);
	await press('y');
	await shows('connected  0/0 running');
	await press('2', 'G', 'D');
	await shows(/Remove (?:the )?network back\?/v);
	await press('y');
	await shows(/0\/0 running[\s\S]*2 Networks 1 /v);
	t.deepEqual((await world.engine.snapshot()).networks.map(({name}) => name), ['bridge']);

	await press('Z', 'Z');
	const text = await shows(/^same-terminal$/mv);
	t.regex(text, /^kept$/mv);
	t.regex(text, /^status 0$/mv);
	t.is(await flag('alternate_on'), '0');
	t.is(await flag('cursor_flag'), '1');
});

inTerminal('a stopped engine is shown as lost, and connected again after its start', async t => {
	t.timeout(300_000);
	await world.holm('network', 'create', 'away');
	await using dashboard = await openStory();
	const {press, shows, tmux} = dashboard;
	await createContainer(dashboard, {name: 'kept', network: 'away', command: 'sleep 100000'});
	const bright = await tmux('capture-pane', '-p', '-e');
	await world.holm('system', 'stop');
	const lost = await shows(/LOST since [^\n]* is not running \(holm system start/v);
	t.regex(lost, /│[ ●] kept +running/v);
	const row = (painted: string) => painted.split('\n').find(line => line.includes('running') && line.includes(' kept '));
	t.not(row(await tmux('capture-pane', '-p', '-e')), row(bright));
	await press('D');
	t.regex(await shows(/not connected/v), /kept/v);
	await world.holm('system', 'start');
	t.regex(await shows(/^ holm {2}.* connected /v), /kept +running/v);
	await press('q');
	await shows(/^same-terminal$/mv);
	await world.holm('rm', '--force', 'kept');
});
