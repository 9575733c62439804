import {chmod, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir, userInfo} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {parseConfig} from '../../../source/backends/ssh/config-lines.js';
import {readConfiguration} from '../../../source/backends/ssh/configuration.js';
import {run} from '../../../source/host/run.js';
import type {SshTarget} from '../../../source/wire/ssh-target.js';

const hasSsh = await run('ssh', ['-V']).then(() => true, () => false);
const sshTest = hasSsh ? test : test.skip;

type Files = Readonly<Record<string, string>>;

/** A home directory with these files in its .ssh, and what is made of a host there. */
const home = async (t: ExecutionContext, files: Files) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-ssh-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const folder = path.join(directory, '.ssh');
	for (const [name, text] of Object.entries(files)) {
		const file = path.join(folder, name);
		await mkdir(path.dirname(file), {recursive: true});
		await writeFile(file, text.replaceAll('HOME', () => directory), {mode: 0o644});
	}

	return {
		folder,
		read: async (target: SshTarget | string, environment: Readonly<Record<string, string>> = {}) => readConfiguration(
			typeof target === 'string' ? {host: target} : target,
			{HOME: directory, ...environment},
			path.join(folder, 'system'),
		),
	};
};

test('lines as ssh splits them', t => {
	t.deepEqual(parseConfig('# no\n\n  Host a  "b c" \'d\'# x\r\nPort=22\nUser = "me" # mine\nHostName "open\nFoo\nProxyCommand ssh -W \\"x\\" y\\ z').map(({keyword, values}) => [keyword, ...values]), [
		['host', 'a', 'b c', 'd#', 'x'], ['port', '22'], ['user', 'me'], ['hostname'], ['foo'], ['proxycommand', 'ssh', '-W', '"x"', 'y z'],
	]);
});

test('without a configuration there is what ssh has by itself', async t => {
	const {folder, read} = await home(t, {});
	t.deepEqual(await read('box', {SSH_AUTH_SOCK: '/agent'}), {
		hostname: 'box', port: 22, user: userInfo().username, agent: '/agent', identitiesOnly: false, hostKeys: 'strict', jumps: [], connectTimeoutMs: 10_000, family: 0,
		identityFiles: ['id_ed25519', 'id_ecdsa', 'id_rsa'].map(name => path.join(folder, name)),
		knownHostsFiles: [path.join(folder, 'known_hosts'), path.join(folder, 'known_hosts2'), '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
		newHostsFile: path.join(folder, 'known_hosts'),
	});
});

test('the first value counts, the address before all, and identity files add up', async t => {
	const {folder, read} = await home(t, {
		config: 'Host box\n HostName %h.example\n User me\n IdentityFile ~/.ssh/a\nHost * !other\n User you\n Port 2222\n IdentityFile %d/.ssh/%r-%h\nIdentityAgent $AGENT\nIdentitiesOnly yes\n',
		system: 'Host *\n Port 3333\n ConnectTimeout 3\n StrictHostKeyChecking accept-new\n UserKnownHostsFile none\n',
	});
	const box = await read('box', {AGENT: '/socket'});
	t.like(box, {hostname: 'box.example', user: 'me', port: 2222, agent: '/socket', identitiesOnly: true, connectTimeoutMs: 3000, hostKeys: 'accept-new'});
	t.deepEqual(box.identityFiles, [path.join(folder, 'a'), path.join(folder, 'me-box.example')]);
	t.is(box.newHostsFile, undefined);
	t.like(await read({host: 'box', user: 'root', port: 1}), {user: 'root', port: 1});
	t.like(await read('other'), {hostname: 'other', port: 3333});
});

test('files that are included hold where they are included', async t => {
	const {read} = await home(t, {
		config: 'Host near\n Include parts/*.conf\nHost *\n Port 4\nInclude ~/.ssh/last absent\n',
		'parts/1.conf': 'Port 1\nHost far\n Port 2\nHost near\n User first\n',
		'parts/2.conf': 'User second\n',
		last: 'User last\n',
		loop: 'Include loop\n',
	});
	t.like(await read('near'), {port: 1, user: 'first'});
	t.like(await read('far'), {port: 4, user: 'last'});
	const loop = await home(t, {config: 'Include config'});
	await t.throwsAsync(loop.read('x'), {code: 'invalid', message: /config, line 1/v});
});

test('Match holds by who and where, and runs nothing', async t => {
	const {folder, read} = await home(t, {
		config: `Match originalhost a user root
 Port 1
Match !originalhost a,b host "*.example"
 Port 2
Match final host real
 Port 3
Host alias
 HostName real
Match originalhost c exec "touch HOME/ran"
 Port 4
`,
	});
	t.like(await read({host: 'a', user: 'root'}), {port: 1});
	t.like(await read({host: 'a', user: 'me'}), {port: 22});
	t.like(await read('x.example'), {port: 2});
	t.like(await read('alias'), {hostname: 'real', port: 3});
	const error = await t.throwsAsync(read('c'), {code: 'unsupported', message: /Match exec in .*config, line 9/v});
	t.regex((error as Error & {remedy: string}).remedy, /ssh -N -L .*unix:\/\//v);
	await t.throwsAsync(run('ls', [path.join(folder, '../ran')]));
});

test('what connects otherwise is refused for the hosts that it is for', async t => {
	const {read} = await home(t, {
		config: `Host command
 ProxyCommand nc %h %p
Host off
 ProxyCommand none
Host jump
 ProxyJump me@one:2200,two
Host both
 ProxyJump none
 ProxyCommand nc %h %p
Host canonical
 CanonicalizeHostname yes
Host token
 HostName %C
Host port
 Port many
`,
	});
	await t.throwsAsync(read('command'), {code: 'unsupported', message: /^ProxyCommand in .*config, line 2/v});
	t.deepEqual((await read('off')).jumps, []);
	t.deepEqual((await read('jump')).jumps, ['me@one:2200', 'two']);
	t.deepEqual((await read('both')).jumps, []);
	await t.throwsAsync(read('canonical'), {code: 'unsupported', message: /canonicalizehostname/v});
	await t.throwsAsync(read('token'), {code: 'unsupported', message: /%C/v});
	await t.throwsAsync(read('port'), {code: 'invalid', message: /line 15.*"many"/v});
	t.like(await read('else'), {hostname: 'else', port: 22});
});

test('a configuration that others can write is not followed', async t => {
	const {folder, read} = await home(t, {config: 'Port 5\n'});
	await chmod(path.join(folder, 'config'), 0o666);
	await t.throwsAsync(read('x'), {code: 'forbidden', message: /written by others/v});
});

sshTest(`every host is what ssh itself makes of it${hasSsh ? '' : ' (needs ssh)'}`, async t => {
	const {folder, read} = await home(t, {
		config: `IdentityFile HOME/first
User=early
Host "web ?" web-? !web-9
  HostName 10.0.0.1
  Port 2201
Host web*
  Port 2202
  UserKnownHostsFile HOME/known1 "HOME/known 2"
  Include HOME/.ssh/more
Match host 10.0.0.1
  IdentitiesOnly yes
  StrictHostKeyChecking accept-new
Match final host 10.0.0.* !originalhost web-2
  ConnectTimeout 7
  IdentityFile HOME/second
Host db*,x
  Port 1
Host *
  hostkeyalias ALIAS
  StrictHostKeyChecking no
  AddressFamily inet6
  ProxyJump jump@way:22
`,
		more: 'Host web-3\n Port 2203\n BindAddress 127.0.0.1\n',
	});
	const checking: Readonly<Record<string, string>> = {any: 'false', 'accept-new': 'accept-new', strict: 'ask'};
	for (const host of ['web-1', 'web-2', 'web-9', 'web-10', 'web', 'db', 'x', '10.0.0.1', 'other']) {
		const {stdout} = await run('ssh', ['-G', '-F', path.join(folder, 'config'), '--', host]);
		const lines = stdout.split('\n');
		const all = (keyword: string) => lines.filter(line => line.startsWith(`${keyword} `)).map(line => line.slice(keyword.length + 1));
		const of = (keyword: string) => all(keyword)[0];
		const ours = await read(host);
		t.deepEqual({
			hostname: ours.hostname, port: String(ours.port), user: ours.user, identities: ours.identityFiles, only: ours.identitiesOnly ? 'yes' : 'no', known: ours.knownHostsFiles.slice(0, -2).join(' '), checking: checking[ours.hostKeys],
			timeout: ours.connectTimeoutMs === 10_000 ? 'none' : String(ours.connectTimeoutMs / 1000), jump: ours.jumps.join(','), alias: ours.hostKeyAlias, family: ours.family, bind: ours.bindAddress,
		}, {
			hostname: of('hostname')!, port: of('port')!, user: of('user')!, identities: all('identityfile'), only: of('identitiesonly')!,
			known: of('userknownhostsfile')!.replaceAll(path.join(userInfo().homedir, '.ssh'), () => folder), checking: of('stricthostkeychecking'),
			timeout: of('connecttimeout')!, jump: of('proxyjump')!, alias: of('hostkeyalias'), family: of('addressfamily') === 'inet6' ? 6 : 0, bind: of('bindaddress'),
		}, host);
	}
});
