import {chmod, mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {createLocalTransport} from '../../../source/backends/apple/local.js';
import {checkRequirements, kernelOf, parseFacts, requirementsOf, type Facts} from '../../../source/backends/apple/requirements.js';
import {startStandIn} from './stand-in/server.js';

const version = (number: string, server = 'a') => JSON.stringify([
	{appName: 'container', commit: 'a', version: number},
	{appName: 'container-apiserver', commit: server, version: `container-apiserver version ${number}`},
]);

const mac: Facts = {
	system: 'Darwin',
	machine: 'arm64',
	home: '/Users/ada',
	user: '501',
	macos: '26.1',
	silicon: '1',
	session: 'Aqua',
	screen: 'yes',
	path: '/usr/local/bin/container',
	version: version('1.2.2'),
	status: '{"appRoot":"\\/Users\\/ada\\/Data\\/","status":"running"}',
};

/** What is not as it should be, by name. */
const flaws = (facts: Facts, isKernelThere = true) => Object.fromEntries(requirementsOf(facts, 'this host', isKernelThere)
	.filter(({status}) => status !== 'ok')
	.map(({name, status, found, remedy}) => [name, [status, found, remedy]]));

test('a Mac with everything', t => {
	t.deepEqual(flaws(mac), {});
	t.deepEqual(
		requirementsOf(mac, 'this host', true).map(({name}) => name),
		['user', 'macOS', 'processor', 'container', 'service', 'kernel', 'session', 'keychain'],
	);
	t.is(kernelOf(mac, 'this host'), '/Users/ada/Data/kernels/default.kernel-arm64');
	t.is(
		kernelOf({...mac, status: '{"status":"unregistered"}'}, 'this host'),
		'/Users/ada/Library/Application Support/com.apple.container/kernels/default.kernel-arm64',
	);
});

test('each flaw has a remedy', t => {
	t.deepEqual(flaws({...mac, user: '0'}), {
		user: ['missing', 'root, whom Apple\'s service refuses', 'use holm as the user of the Mac, without sudo'],
	});
	t.deepEqual(flaws({...mac, macos: '15.6.1'}).macOS?.slice(0, 2), [
		'warning', '15.6.1: one network alone, on which containers do not reach each other',
	]);
	t.deepEqual(flaws({...mac, macos: '14.5'}).macOS?.slice(0, 2), ['missing', '14.5']);
	t.regex(flaws({...mac, machine: 'x86_64'}).processor?.[1] ?? '', /translated by Rosetta/v);
	t.deepEqual(flaws({...mac, machine: 'x86_64', silicon: ''}).processor, ['missing', 'x86_64', 'use a Mac with Apple silicon']);
	t.deepEqual(flaws({...mac, version: version('0.12.3')}).container, [
		'missing', 'container 0.12.3 on this host is too old: Holm needs 1.0 or later', 'update it: github.com/apple/container/releases',
	]);
	t.deepEqual(flaws({...mac, version: version('1.2.2', 'b')}).container, [
		'warning', '1.2.2 at /usr/local/bin/container; its service is of another version', 'container system stop && container system start',
	]);
	t.deepEqual(flaws({...mac, path: undefined, version: undefined, status: undefined}), {
		container: ['missing', 'there is no container program on this host', 'install it: github.com/apple/container/releases, or name another engine with --host'],
	});
	t.regex(flaws({...mac, version: 'usage: container'}).container?.[1] ?? '', /is not Apple's container/v);
	t.deepEqual(flaws({...mac, status: '{"status":"unregistered"}'}, false), {
		service: ['missing', 'not running', 'holm setup, or container system start'],
		kernel: ['missing', 'not installed', 'holm setup, or container system kernel set --recommended'],
	});
	t.deepEqual(flaws({...mac, status: 'Error'}).service, ['missing', 'its status is not known', 'container system status says why']);
});

test('over SSH, the login at the screen and the keychain count', t => {
	const remote = {...mac, session: 'Background', keychain: '36'};
	t.deepEqual(flaws(remote), {
		keychain: ['warning', 'locked: pull and push fail if there are logins to registries', 'security unlock-keychain'],
	});
	t.deepEqual(flaws({...remote, screen: undefined, keychain: '0'}), {session: [
		'warning',
		'Background: the user is not logged in at the screen, and the service may not start',
		'log in at the screen of the Mac once, or turn on automatic login',
	]});
});

test('what a host says is read line by line, and nothing else of it', t => {
	t.deepEqual(parseFacts('Last login: never\nsystem\tDarwin\nmachine\t arm64 \nother\tx\n__proto__\ty\nmacos\n\n'), {
		system: 'Darwin', machine: 'arm64', macos: '',
	});
	const hostile: Facts = {...mac, macos: '\u{1B}[31m26', session: '\u{7}'.repeat(1000), path: '/\u{1B}]0;x\u{7}', system: 'Darwin'};
	for (const {found, remedy} of requirementsOf(hostile, 'this host', true)) {
		t.notRegex(`${found}${remedy}`, /\p{Control}/v);
		t.true(found.length < 2000);
	}
});

test('the checks of a host whose programs are a Mac\'s', async t => {
	const standIn = await startStandIn({hasKernel: false});
	const programs = path.join(standIn.home, 'bin');
	await mkdir(programs);
	const scripts = {
		uname: 'case $1 in -s) echo Darwin ;; -m) echo arm64 ;; esac',
		sw_vers: 'echo 26.1',
		sysctl: 'echo 1',
		launchctl: 'case $1 in managername) echo Background ;; *) exit 1 ;; esac',
		security: 'exit 36',
		id: 'echo 501',
	};
	for (const [name, script] of Object.entries(scripts)) {
		await writeFile(path.join(programs, name), `#!/bin/sh\n${script}\n`);
		await chmod(path.join(programs, name), 0o755);
	}

	const transport = createLocalTransport({environment: {...standIn.environment, PATH: `${programs}:${process.env.PATH}`}});
	t.teardown(async () => {
		transport.close();
		await standIn.close();
	});
	t.deepEqual((await checkRequirements(transport)).map(({name, status}) => `${name} ${status}`), [
		'user ok', 'macOS ok', 'processor ok', 'container ok', 'service ok', 'kernel missing', 'session warning', 'keychain warning',
	]);
});
