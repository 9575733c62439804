import {execFileSync} from 'node:child_process';
import {
	lstat,
	mkdtemp,
	readFile,
	readdir,
	rm,
	stat,
	symlink,
} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Readable} from 'node:stream';
import {text as readText} from 'node:stream/consumers';
import {setImmediate as tick} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import type {Engine} from '../../source/engine/engine.js';
import {HolmError} from '../../source/engine/errors.js';
import type {LogEntry} from '../../source/engine/resources.js';
import {command as commit} from '../../source/commands/container/commit.js';
import {command as importCommand} from '../../source/commands/image/import.js';
import {command as diff} from '../../source/commands/container/diff.js';
import {command as exportContainer} from '../../source/commands/container/export.js';
import {command as update} from '../../source/commands/container/update.js';
import {command as inspectAny} from '../../source/commands/inspect-any.js';
import {createLogWriter, command as logs} from '../../source/commands/container/logs.js';
import {command as port} from '../../source/commands/container/port.js';
import {command as prune} from '../../source/commands/container/prune.js';
import {command as ps} from '../../source/commands/container/ps.js';
import {command as rmContainer} from '../../source/commands/container/rm.js';
import {command as stop} from '../../source/commands/container/stop.js';
import {command as top} from '../../source/commands/container/top.js';
import {command as wait} from '../../source/commands/container/wait.js';
import {splitTag, command as images} from '../../source/commands/image/ls.js';
import {command as networkCreate} from '../../source/commands/network/create.js';
import {command as dns} from '../../source/commands/network/dns.js';
import {command as lsNetwork} from '../../source/commands/network/ls.js';
import {credentialsFor, forgetCredentials, keepCredentials} from '../../source/commands/registry/credentials.js';
import {command as logout} from '../../source/commands/registry/logout.js';
import {command as login} from '../../source/commands/registry/login.js';
import {hub, registryOf} from '../../source/commands/registry/reference.js';
import {eventLine} from '../../source/commands/system/events.js';
import {lastLines} from '../../source/commands/system/logs.js';
import {
	container,
	image,
	network,
	noon,
} from '../engine/resources.js';
import {createContext} from './helpers/context.js';
import {runCommand} from './helpers/run-command.js';

const web = container({
	id: 'cd'.repeat(32), name: 'my-web', ports: [{
		hostAddress: '0.0.0.0', hostPort: 8000, containerPort: 8000, protocol: 'tcp',
	}],
});

const listing = () => {
	const asked: unknown[] = [];
	const engine: Partial<Engine> = {
		async containers(options) {
			asked.push(options);
			return [web, container()];
		},
	};
	return {context: createContext({engine}), asked};
};

test('ps -aq prints ids, as the clean-up of the tutorial wants them', async t => {
	const {context, asked} = listing();
	t.is(await runCommand(ps, ['-aq'], context), 0);
	t.is(context.output(), 'cdcdcdcdcdcd\nabababababab\n');
	t.deepEqual(asked, [{all: true, filters: {}, size: false}]);
});

test('ps prints Docker\'s table', async t => {
	const {context} = listing();
	await runCommand(ps, [], context);
	t.is(context.output(), [
		'CONTAINER ID   IMAGE          COMMAND          CREATED         STATUS              PORTS                    NAMES',
		'cdcdcdcdcdcd   redis:alpine   "redis-server"   2 minutes ago   Up About a minute   0.0.0.0:8000->8000/tcp   my-web',
		'abababababab   redis:alpine   "redis-server"   2 minutes ago   Up About a minute                            my-redis-db',
		'',
	].join('\n'));
});

test('ps asks for all where the last ones or a status are wanted', async t => {
	const {context, asked} = listing();
	await runCommand(ps, ['-l', '--format', '{{.Names}}'], context);
	await runCommand(ps, ['-f', 'status=exited', '-q', '--no-trunc'], context);
	t.is(context.output(), `my-web\n${'cd'.repeat(32)}\n${'ab'.repeat(32)}\n`);
	t.deepEqual(asked, [{all: true, filters: {}, size: false}, {all: true, filters: {status: ['exited']}, size: false}]);
});

test('network create says so, or prints the id', async t => {
	const asked: unknown[] = [];
	const engine: Partial<Engine> = {
		async createNetwork(configuration) {
			asked.push(configuration);
			return {id: 'ef'};
		},
	};
	const context = createContext({engine});
	await runCommand(networkCreate, ['myapp-net'], context);
	await runCommand(networkCreate, ['-q', '--subnet', '10.1.0.0/24', '--internal', '--label', 'a=b', 'two'], context);
	t.is(context.output(), 'Network \'myapp-net\' created.\nef\n');
	t.deepEqual(asked, [
		{
			name: 'myapp-net', internal: false, labels: {}, driver: 'bridge',
		},
		{
			name: 'two', subnet: '10.1.0.0/24', internal: true, labels: {a: 'b'}, driver: 'bridge',
		},
	]);
	await t.throwsAsync(runCommand(networkCreate, ['-d', 'overlay', 'x'], context), {message: 'there is no network driver "overlay"'});
});

test('network ls -q prints names, which the clean-up of the tutorial filters', async t => {
	const engine: Partial<Engine> = {networks: async () => [network({name: 'bridge'}), network()]};
	const context = createContext({engine});
	await runCommand(lsNetwork, ['-q'], context);
	t.is(context.output(), 'bridge\nmyapp-net\n');
});

test('rm carries on past a failure and ends with 1', async t => {
	const removed: string[] = [];
	const engine: Partial<Engine> = {
		async removeContainer(reference) {
			if (reference === 'busy') {
				throw new HolmError('conflict', 'container busy is running', {remedy: 'stop it first, or say --force'});
			}

			removed.push(reference);
		},
	};
	const context = createContext({engine});
	t.is(await runCommand(rmContainer, ['a', 'busy', 'b'], context), 1);
	t.deepEqual(removed, ['a', 'b']);
	t.is(context.output(), 'a\nb\n');
	t.is(context.errors(), 'Error: container busy is running (stop it first, or say --force)\n');
});

test('rm -f takes one that is gone for removed', async t => {
	const engine: Partial<Engine> = {
		async removeContainer() {
			throw new HolmError('not-found', 'no such container: x');
		},
	};
	t.is(await runCommand(rmContainer, ['-f', 'x'], createContext({engine})), 0);
	t.is(await runCommand(rmContainer, ['x'], createContext({engine})), 1);
});

test('stop takes one that is stopped for stopped', async t => {
	const options: unknown[] = [];
	const engine: Partial<Engine> = {
		async stopContainer(_reference, given) {
			options.push(given);
			throw new HolmError('not-modified', 'it does not run');
		},
	};
	const context = createContext({engine});
	t.is(await runCommand(stop, ['-t', '0', '-s', 'int', 'a'], context), 0);
	t.is(context.output(), 'a\n');
	t.deepEqual(options, [{timeoutSeconds: 0, signal: 'SIGINT'}]);
});

test('wait prints the exit codes in the order asked', async t => {
	const engine: Partial<Engine> = {
		async waitContainer(reference) {
			if (reference === 'gone') {
				throw new HolmError('not-found', 'no such container: gone');
			}

			return {exitCode: reference === 'a' ? 3 : 0};
		},
	};
	const context = createContext({engine});
	t.is(await runCommand(wait, ['a', 'gone', 'b'], context), 1);
	t.is(context.output(), '3\n0\n');
	t.is(context.errors(), 'Error: no such container: gone\n');
});

const entry = (stream: LogEntry['stream'], text: string): LogEntry => ({stream, timestamp: '2026-02-25T12:00:00.000000001Z', bytes: new TextEncoder().encode(text)});

test('a line of a log that came in pieces is put together', t => {
	const bytesOf = createLogWriter(true);
	const text = [entry('stdout', 'be'), entry('stderr', 'e\n'), entry('stdout', 'gin\n'), entry('stdout', 'x')].map(piece => new TextDecoder().decode(bytesOf(piece)));
	const time = '2026-02-25T12:00:00.000000001Z ';
	t.deepEqual(text, [`${time}be`, `${time}e\n`, 'gin\n', `${time}x`]);
});

test('logs --boot prints the console, and a terminal does not obey it', async t => {
	const asked: unknown[] = [];
	const engine: Partial<Engine> = {
		async * bootLog(reference, options) {
			asked.push([reference, options]);
			yield {stream: 'stdout', timestamp: '', bytes: Buffer.from('[    0.1] \u{1B}]0;owned\u{7}\tlast\n')};
		},
	};
	const terminal = createContext({engine, isTerminal: true});
	await runCommand(logs, ['--boot', '-f', '-n', '3', 'web'], terminal);
	t.is(terminal.output(), String.raw`[    0.1] \x1b]0;owned\x07` + '\tlast\n');
	t.deepEqual(asked, [['web', {follow: true, tail: 3}]]);
	const file = createContext({engine});
	await runCommand(logs, ['--boot', 'web'], file);
	t.is(file.output(), '[    0.1] \u{1B}]0;owned\u{7}\tlast\n');
	for (const flags of [['-t'], ['--since', '1m'], ['--until', '1m']]) {
		await t.throwsAsync(runCommand(logs, ['--boot', ...flags, 'web'], file), {code: 'invalid'});
	}

	await t.throwsAsync(runCommand(logs, ['--boot', 'web'], createContext()), {code: 'unsupported'});
});

test('logs keep bytes and streams as they are', async t => {
	const asked: unknown[] = [];
	const engine: Partial<Engine> = {
		async * logs(_reference, options) {
			asked.push(options);
			yield entry('stdout', '\u{1B}[31mred');
			yield entry('stderr', 'bad\n');
		},
	};
	const context = createContext({engine});
	await runCommand(logs, ['--since', '10m', '-n', '5', 'web'], context);
	t.is(context.output(), '\u{1B}[31mred');
	t.is(context.errors(), 'bad\n');
	t.deepEqual(asked, [{follow: false, tail: 5, since: noon - 600_000}]);
});

test('diff prints a letter and a path a line, whatever is in the path', async t => {
	const engine: Partial<Engine> = {
		changes: async () => [{kind: 'changed', path: '/etc'}, {kind: 'deleted', path: '/etc/motd'}, {kind: 'added', path: '/x\nA /fake \u{1B}[2J'}],
	};
	const context = createContext({engine});
	await runCommand(diff, ['web'], context);
	t.is(context.output(), String.raw`C /etc
D /etc/motd
A /x\nA /fake \x1b[2J
`);
});

test('an export goes to a file or on, and not onto a terminal', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-export-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const engine: Partial<Engine> = {exportContainer: async () => Readable.from([Buffer.from('tar')], {objectMode: false})};
	const context = createContext({engine, workingDirectory: directory});
	await runCommand(exportContainer, ['web'], context);
	t.is(context.output(), 'tar');
	await runCommand(exportContainer, ['-o', 'web.tar', 'web'], context);
	t.is(await readFile(path.join(directory, 'web.tar'), 'utf8'), 'tar');
	await runCommand(exportContainer, ['-o', '/dev/stdout', 'web'], context);
	t.is(context.output(), 'tartar');
	await symlink('web.tar', path.join(directory, 'link'));
	execFileSync('mkfifo', [path.join(directory, 'pipe')]);
	for (const name of ['link', 'pipe', '.']) {
		await t.throwsAsync(runCommand(exportContainer, ['-o', name, 'web'], context), {code: 'invalid', message: /is not a regular file$/v});
	}

	t.deepEqual(await readdir(directory), ['link', 'pipe', 'web.tar']);
	t.true((await lstat(path.join(directory, 'pipe'))).isFIFO());
	await t.throwsAsync(runCommand(exportContainer, ['web'], createContext({isTerminal: true})), {code: 'invalid', message: /terminal/v});
});

test('update asks for what was named and for nothing else', async t => {
	const asked: unknown[] = [];
	const engine: Partial<Engine> = {
		async updateContainer(...given) {
			asked.push(given);
			return {warnings: ['beware\n']};
		},
	};
	const context = createContext({engine});
	await runCommand(update, ['--restart', 'on-failure:3', 'web', 'db'], context);
	await runCommand(update, ['--cpus', '1.5', '-m', '1g', 'web'], context);
	t.deepEqual(asked, [
		['web', {restartPolicy: {name: 'on-failure', maximumRetryCount: 3}}],
		['db', {restartPolicy: {name: 'on-failure', maximumRetryCount: 3}}],
		['web', {cpus: 1.5, memory: 1024 ** 3}],
	]);
	t.is(context.output(), 'web\ndb\nweb\n');
	t.is(context.errors(), String.raw`WARNING: beware\n` + '\n' + String.raw`WARNING: beware\n` + '\n' + String.raw`WARNING: beware\n` + '\n');
	await t.throwsAsync(runCommand(update, ['web'], context), {code: 'invalid', message: /nothing to change/v});
	await t.throwsAsync(runCommand(update, ['--restart', 'often', 'web'], context), {code: 'invalid'});
});

test('commit hands on its flags and prints the id', async t => {
	const asked: unknown[] = [];
	const engine: Partial<Engine> = {
		async commitContainer(...given) {
			asked.push(given);
			return {id: 'sha256:12'};
		},
	};
	const context = createContext({engine});
	await runCommand(commit, ['web'], context);
	await runCommand(commit, ['-m', 'why', '-a', 'me', '-c', 'USER x', '-c', 'CMD ["a", "b"]', '--pause=false', 'web', 'shop:2'], context);
	t.deepEqual(asked, [
		['web', {changes: [], pause: true}],
		['web', {
			tag: 'shop:2', author: 'me', comment: 'why', changes: ['USER x', 'CMD ["a", "b"]'], pause: false,
		}],
	]);
	t.is(context.output(), 'sha256:12\nsha256:12\n');
});

test('import makes an image of a file or of standard input, and prints the id', async t => {
	const asked: unknown[] = [];
	const engine: Partial<Engine> = {
		async importImage(tar, options) {
			asked.push([await readText(tar), options]);
			return {id: 'sha256:12'};
		},
	};
	const context = createContext({engine});
	context.stdin.end('piped');
	await runCommand(importCommand, ['-'], context);
	await runCommand(importCommand, ['-m', 'why', '-c', 'USER x', '-c', 'CMD ["a"]', fileURLToPath(new URL('../../../package.json', import.meta.url)), 'shop:2'], context);
	t.deepEqual(asked[0], ['piped', {changes: []}]);
	t.like((asked[1] as unknown[])[1], {tag: 'shop:2', message: 'why', changes: ['USER x', 'CMD ["a"]']});
	t.is(context.output(), 'sha256:12\nsha256:12\n');

	await t.throwsAsync(runCommand(importCommand, ['missing.tar'], context), {code: 'not-found', message: /^cannot read missing\.tar: /v});
	const url = await t.throwsAsync(runCommand(importCommand, ['https://example.org/x.tar', 'shop'], context), {instanceOf: HolmError, code: 'unsupported'});
	t.is(url.remedy, 'curl -L ADDRESS | holm import - shop');
	const terminal = createContext({engine});
	terminal.stdin.isTTY = true;
	await t.throwsAsync(runCommand(importCommand, ['-'], terminal), {code: 'invalid', message: 'an archive cannot be read from a terminal'});
});

const nothing = async (): Promise<never> => {
	throw new HolmError('not-found', 'there is no such thing');
};

test('inspect looks among containers, images, networks and volumes', async t => {
	const engine: Partial<Engine> = {
		container: nothing, image: nothing, volume: nothing, network: async name => network({name, source: {Name: name, Driver: 'bridge'}}),
	};
	const context = createContext({engine});
	t.is(await runCommand(inspectAny, ['myapp-net'], context), 0);
	t.deepEqual(JSON.parse(context.output()), [{Name: 'myapp-net', Driver: 'bridge'}]);
});

test('inspect by a template, with what is missing reported after it', async t => {
	const engine: Partial<Engine> = {
		async container(reference) {
			return reference === 'web' ? container({source: {Name: '/web', State: {Pid: 4}}}) : nothing();
		},
		image: nothing, network: nothing, volume: nothing,
	};
	const context = createContext({engine});
	t.is(await runCommand(inspectAny, ['-f', '{{.Name}} {{.State.Pid}}', 'gone', 'web'], context), 1);
	t.is(context.output(), '/web 4\n');
	t.regex(context.errors(), /^Error: no such object: gone /v);
	await t.throwsAsync(runCommand(inspectAny, ['-f', '{{.Nmae}}', 'web'], context), {message: 'template: character 3: there is no field .Nmae'});
	await t.throwsAsync(runCommand(inspectAny, ['--type', 'pod', 'x'], context), {message: 'invalid value "pod" for --type'});
});

test('prune asks on a terminal and refuses without one', async t => {
	const engine: Partial<Engine> = {pruneContainers: async () => ({removed: ['ab\u{1B}'], freedBytes: 1_500_000})};
	const silent = createContext({engine});
	await t.throwsAsync(runCommand(prune, [], silent), {message: /there is no terminal to ask on$/v});

	const asked = createContext({engine});
	Object.assign(asked.stdin, {isTTY: true});
	const answering = runCommand(prune, [], asked);
	await tick();
	asked.stdin.write('y\n');
	t.is(await answering, 0);
	t.true(asked.errors().startsWith('WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] '));
	t.is(asked.output(), 'Deleted Containers:\nab\\x1b\n\nTotal reclaimed space: 1.5MB\n');

	const declined = createContext({engine});
	Object.assign(declined.stdin, {isTTY: true});
	const declining = runCommand(prune, [], declined);
	await tick();
	declined.stdin.write('\n');
	t.is(await declining, 1);
	t.is(declined.output(), '');
});

test('port', async t => {
	const context = createContext({engine: {container: async () => web}});
	await runCommand(port, ['my-web'], context);
	await runCommand(port, ['my-web', '8000'], context);
	t.is(context.output(), '8000/tcp -> 0.0.0.0:8000\n0.0.0.0:8000\n');
	await t.throwsAsync(runCommand(port, ['my-web', '8000/udp'], context), {message: 'no public port \'8000/udp\' published for my-web'});
});

test('top hands its arguments on and escapes what processes are called', async t => {
	const asked: unknown[] = [];
	const engine: Partial<Engine> = {
		async top(_reference, psArguments) {
			asked.push(psArguments);
			return {titles: ['PID', 'COMMAND'], processes: [['1', 'evil\u{1B}[2J']]};
		},
	};
	const context = createContext({engine});
	await runCommand(top, ['web', '-o', 'pid,args'], context);
	t.is(context.output(), 'PID   COMMAND\n1     evil\\x1b[2J\n');
	t.deepEqual(asked, ['-o pid,args']);
});

test('images with short names, one id a line', async t => {
	const both = image({tags: ['docker.io/library/redis:alpine', 'registry.test:5000/team/redis:7']});
	const context = createContext({engine: {images: async () => [both, image({id: `sha256:${'34'.repeat(32)}`, tags: []})]}});
	await runCommand(images, [], context);
	t.deepEqual(context.output().split('\n').map(line => line.split(/ {2,}/v).slice(0, 5)), [
		['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE'],
		['redis', 'alpine', '121212121212', '3 days ago', '41.2MB'],
		['registry.test:5000/team/redis', '7', '121212121212', '3 days ago', '41.2MB'],
		['<none>', '<none>', '343434343434', '3 days ago', '41.2MB'],
		[''],
	]);
	const quiet = createContext({engine: {images: async () => [both]}});
	await runCommand(images, ['-q'], quiet);
	t.is(quiet.output(), '121212121212\n');
	t.deepEqual(splitTag('host:5000/a'), {repository: 'host:5000/a', tag: '<none>'});
});

test('network dns needs an engine that lists its records', async t => {
	await t.throwsAsync(runCommand(dns, ['x'], createContext()), {message: 'this engine does not list its DNS records'});
	const context = createContext({
		engine: {
			dnsRecords: async () => [{
				name: 'my-redis-db', type: 'A', value: '192.168.65.2', ttlSeconds: 5,
			}],
		},
	});
	await runCommand(dns, ['--format', '{{.Name}} {{.Type}} {{.Value}} {{.TTL}}', 'x'], context);
	t.is(context.output(), 'my-redis-db A 192.168.65.2 5\n');
});

test('an event in one line', t => {
	t.is(eventLine({
		time: noon + 5, type: 'container', action: 'start', id: 'ab', attributes: {name: 'web', image: 'x\n'},
	}), String.raw`2026-02-25T12:00:00.005000000Z container start ab (image=x\n, name=web)`);
});

test('the last lines of a text', t => {
	t.is(lastLines('a\nb\nc\n', 2), 'b\nc\n');
	t.is(lastLines('a\nb', 1), 'b');
	t.is(lastLines('a\n', 0), '');
});

test('the registry of a reference', t => {
	t.is(registryOf('redis'), hub);
	t.is(registryOf('team/redis:7'), hub);
	t.is(registryOf('docker.io/library/redis'), hub);
	t.is(registryOf('localhost/redis'), 'localhost');
	t.is(registryOf('registry.test:5000/redis'), 'registry.test:5000');
});

test('a login is checked, kept for its owner alone, used and forgotten', async t => {
	const home = await mkdtemp(path.join(tmpdir(), 'holm-login-'));
	t.teardown(async () => rm(home, {recursive: true, force: true}));
	const environment = {XDG_CONFIG_HOME: home};
	const checked: unknown[] = [];
	const engine: Partial<Engine> = {
		async checkCredentials(credentials) {
			checked.push(credentials);
			if (credentials.password !== 'se:cret') {
				throw new HolmError('forbidden', 'the registry refused the user name or password');
			}
		},
	};
	const logIn = async (password: string) => {
		const context = createContext({engine, environment});
		context.stdin.end(`${password}\n`);
		return runCommand(login, ['-u', 'me', '--password-stdin', 'registry.test:5000'], context);
	};

	const file = path.join(home, 'holm/auth.json');
	await t.throwsAsync(logIn('wrong'), {message: 'the registry refused the user name or password'});
	await t.throwsAsync(stat(file), {code: 'ENOENT'});
	t.is(await logIn('se:cret'), 0);
	const {mode} = await stat(file);
	t.is(mode % 0o1000, 0o600);
	t.deepEqual(JSON.parse(await readFile(file, 'utf8')), {auths: {'registry.test:5000': {auth: 'bWU6c2U6Y3JldA=='}}});
	const expected = {username: 'me', password: 'se:cret', server: 'registry.test:5000'};
	t.deepEqual(checked.at(-1), expected);
	t.deepEqual(await credentialsFor('registry.test:5000/x:1', environment), expected);
	t.is(await credentialsFor('redis', environment), undefined);
	t.is(await forgetCredentials('registry.test:5000', environment), 'forgotten');
	t.is(await forgetCredentials('registry.test:5000', environment), 'absent');
	t.is(await credentialsFor('registry.test:5000/x:1', environment), undefined);
});

test('logout says whether there was a login', async t => {
	const home = await mkdtemp(path.join(tmpdir(), 'holm-logout-'));
	t.teardown(async () => rm(home, {recursive: true, force: true}));
	const environment = {XDG_CONFIG_HOME: home};
	await keepCredentials({username: 'me', password: 'x'}, environment);
	const context = createContext({environment});
	await runCommand(logout, [], context);
	await runCommand(logout, [], context);
	t.is(context.output(), `Removing login credentials for ${hub}\nNot logged in to ${hub}\n`);
});

test('login without a terminal says what it needs', async t => {
	await t.throwsAsync(runCommand(login, [], createContext()), {message: 'there is no terminal to ask for a user name and password on'});
	await t.throwsAsync(runCommand(login, ['--password-stdin'], createContext()), {message: '--password-stdin needs --username and no --password'});
});
