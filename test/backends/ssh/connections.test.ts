import {Buffer} from 'node:buffer';
import {createHash, randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {
	chmod,
	readFile,
	rename,
	stat,
	symlink,
	writeFile,
} from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import {Readable} from 'node:stream';
import {buffer, text} from 'node:stream/consumers';
import anyTest, {type ExecutionContext, type TestFn} from 'ava';
import {pack} from 'tar-stream';
import {createApiServer} from '../../../source/api/server.js';
import {connect} from '../../../source/daemon/connect.js';
import {openDockerHost} from '../../../source/daemon/docker-host.js';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import type {Engine} from '../../../source/engine/engine.js';
import {HolmError} from '../../../source/engine/errors.js';
import {run} from '../../../source/host/run.js';
import {configuration} from '../../engine/resources.js';
import {findObstacle, makeKey, startAgent, startServer, startWay, type SshServer} from './helpers/server.js';

const obstacle = await findObstacle();
const test = anyTest as TestFn<{readonly ssh: SshServer}>;
let shared: SshServer | undefined;

test.before(async () => {
	shared = obstacle === undefined ? await startServer({hostKeyTypes: ['ed25519', 'ecdsa']}) : undefined;
});
test.after.always(async () => {
	await shared?.close();
});
test.beforeEach(t => {
	t.context = {ssh: shared!};
});

const sshTest = (title: string, implementation: (t: ExecutionContext<{readonly ssh: SshServer}>) => Promise<void>) => {
	if (obstacle === undefined) {
		test(title, implementation);
	} else {
		test.skip(`${title} (${obstacle})`, implementation);
	}
};

/** An engine in memory on a socket of its own. */
const serveEngine = async (t: ExecutionContext, socketPath: string): Promise<Engine> => {
	const memory = createMemoryEngine();
	const server = createApiServer(memory);
	server.listen(socketPath);
	await once(server, 'listening');
	t.teardown(() => {
		server.close();
		server.closeAllConnections();
		memory.close();
	});
	return memory;
};

let sockets = 0;
const newSocket = ({directory}: SshServer) => path.join(directory, `engine-${++sockets}.sock`);

const refusal = async (t: ExecutionContext, work: Promise<unknown>, code: string) => {
	const error = await t.throwsAsync<HolmError>(work as Promise<never>, {instanceOf: HolmError, code});
	t.false(/[\p{Control}\p{Format}]/v.test(error.message), error.message);
	t.truthy(error.remedy);
	return error;
};

const start = async (engine: Engine, command: readonly string[]) => {
	const {id} = await engine.createContainer(configuration({image: 'alpine/bash', command}));
	await engine.startContainer(id);
	return id;
};

sshTest('other programs reach the engine by a socket on this host', async t => {
	const {ssh} = t.context;
	const socket = newSocket(ssh);
	const memory = await serveEngine(t, socket);
	const id = await start(memory, ['sleep', '1000']);
	const execId = await memory.createExec(id, {
		command: ['sh', '-c', 'read line; echo "late $line"'], terminal: false, stdin: true, environment: [], privileged: false,
	});
	const {environment} = await ssh.account();
	const failures: unknown[] = [];
	const host = await openDockerHost({
		host: ssh.address(socket),
		environment,
		onFailure(error) {
			failures.push(error);
		},
	});
	t.is(host.environment.DOCKER_CONTEXT, undefined);
	const address = host.environment.DOCKER_HOST!;
	const served = address.replace(/^unix:\/\//v, '');
	t.is((await stat(path.dirname(served))).mode & 0o777, 0o700, 'only this user reaches it');
	const other = await connect({host: address, environment: {}});
	t.deepEqual((await other.containers()).map(container => container.id), [id]);
	// A client may end its input and wait for the output.
	const body = '{"Detach":false,"Tty":false}';
	const session = net.connect({path: served, allowHalfOpen: true});
	session.end(`POST /v1.47/exec/${execId}/start HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}word\n`);
	t.regex(await text(session), /late word\n$/v);
	await host.close();
	await t.throwsAsync(stat(path.dirname(served)), {code: 'ENOENT'});
	t.deepEqual(failures, []);
});

sshTest('ten megabytes go in and out whole', async t => {
	const {ssh} = t.context;
	const socket = newSocket(ssh);
	await serveEngine(t, socket);
	const {environment} = await ssh.account();
	const engine = await connect({host: ssh.address(socket), environment});
	const id = await start(engine, ['sleep', '1000']);
	const content = randomBytes(10 * 1024 * 1024);
	const sum = createHash('sha256').update(content).digest('hex');
	const tar = pack();
	tar.entry({name: 'file'}, content);
	tar.finalize();
	await engine.writeArchive(id, '/tmp', Readable.from(tar));
	const read = await engine.readArchive(id, '/tmp/file');
	const bytes = await buffer(read.tar);
	t.is(createHash('sha256').update(bytes.subarray(512, 512 + content.length)).digest('hex'), sum);
});

sshTest('input that has ended leaves the output open', async t => {
	const {ssh} = t.context;
	const socket = newSocket(ssh);
	// As Docker: input is not framed, and its end is that of one half of the connection.
	const docker = http.createServer((request, response) => {
		response.setHeader('Server', 'Docker/28.2 (linux)');
		response.end(request.url === '/exec/1/json' ? JSON.stringify({
			ID: '1', ContainerID: 'c', Running: false, ExitCode: null, ProcessConfig: {tty: true, entrypoint: 'cat', arguments: []}, OpenStdin: true,
		}) : undefined);
	});
	const answer = async (connection: net.Socket) => {
		connection.write('HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
		const typed = await text(connection);
		connection.end(`after the end of ${typed.replace(/^\{.*\}/v, '')}`);
	};

	docker.on('upgrade', (_request, connection: net.Socket) => {
		void answer(connection);
	});
	docker.listen(socket);
	await once(docker, 'listening');
	t.teardown(() => {
		docker.close();
		docker.closeAllConnections();
	});
	const {environment} = await ssh.account();
	const engine = await connect({host: ssh.address(socket), environment});
	const session = await engine.startExec('1');
	session.stdin.end('what was typed');
	t.is(await text(session.stdout), 'after the end of what was typed');
});

sshTest('a connection that is lost is an error in the middle of a stream, and the next request makes a new one', async t => {
	const {ssh} = t.context;
	const socket = newSocket(ssh);
	await serveEngine(t, socket);
	const way = await startWay(ssh.port);
	t.teardown(() => {
		way.close();
	});
	const {environment, write} = await ssh.account();
	await write('known_hosts', ssh.knownHost(way.port));
	const engine = await connect({host: ssh.address(socket, way.port), environment});
	const id = await start(engine, ['sleep', '1000']);
	const events = Array.fromAsync(engine.events());
	const log = Array.fromAsync(engine.logs(id, {follow: true}));
	const exec = await engine.createExec(id, {command: ['sh', '-c', 'echo here; sleep 1000'], terminal: false, stdin: false, environment: [], privileged: false});
	const session = await engine.startExec(exec);
	await once(session.stdout, 'readable');
	await Promise.all([engine.containers(), engine.info(), engine.images()]);
	t.is(way.taken(), 1);

	way.cut();
	await Promise.all([events, log, text(session.stdout)].map(async stream => {
		const error = await refusal(t, stream, 'unavailable');
		t.true(error.message.includes(`127.0.0.1:${way.port}`), error.message);
	}));

	t.is((await engine.containers()).length, 1);
	t.is(way.taken(), 2);
});

sshTest('an engine that is started again is found by the next request', async t => {
	const {ssh} = t.context;
	const socket = newSocket(ssh);
	const memory = createMemoryEngine();
	t.teardown(() => {
		memory.close();
	});
	const {environment} = await ssh.account();
	let server = createApiServer(memory);
	server.listen(socket);
	await once(server, 'listening');
	const engine = await connect({host: ssh.address(socket), environment});
	await engine.version();
	server.close();
	server.closeAllConnections();
	await once(server, 'close');
	const error = await refusal(t, engine.version().then(async () => engine.version()), 'unavailable');
	t.true(error.message.includes('127.0.0.1'));
	server = createApiServer(memory);
	server.listen(socket);
	await once(server, 'listening');
	t.teardown(() => {
		server.close();
		server.closeAllConnections();
	});
	// A connection that the old one has closed may be noticed only now.
	await engine.version().catch(() => undefined);
	t.truthy(await engine.version());
});

sshTest('a host that is not known is refused with its fingerprint, and one that has changed as such', async t => {
	const {ssh} = t.context;
	const {environment, write} = await ssh.account();
	const host = ssh.address();
	await write('known_hosts', '');
	const unknown = await refusal(t, connect({host, environment}), 'forbidden');
	const fingerprint = `SHA256:${createHash('sha256').update(Buffer.from(ssh.knownHost().split('\n')[0]!.split(' ')[2]!, 'base64')).digest('base64').replaceAll('=', '')}`;
	t.true(unknown.message.includes(fingerprint), unknown.message);
	t.true(unknown.remedy?.includes(`ssh -p ${ssh.port}`));

	await makeKey(path.join(ssh.directory, 'other'));
	const other = await readFile(path.join(ssh.directory, 'other.pub'), 'utf8');
	await write('known_hosts', `[127.0.0.1]:${ssh.port} ${other}`);
	const changed = await refusal(t, connect({host, environment}), 'forbidden');
	t.regex(changed.message, /CHANGED/v);

	await write('known_hosts', `${ssh.knownHost()}@revoked * ${ssh.knownHost().split('\n')[0]!.split(' ').slice(1).join(' ')}\n`);
	t.regex((await refusal(t, connect({host, environment}), 'forbidden')).message, /revoked/v);
});

sshTest('the key that is known is asked for though the host prefers another', async t => {
	const {ssh} = t.context;
	const socket = newSocket(ssh);
	await serveEngine(t, socket);
	for (const type of ['ssh-ed25519', 'ecdsa-sha2-nistp256']) {
		const {environment, write} = await ssh.account();
		await write('known_hosts', ssh.knownHost().split('\n').filter(line => line.includes(type)).join('\n'));
		const engine = await connect({host: ssh.address(socket), environment});
		t.truthy(await engine.version(), type);
	}
});

sshTest('a new host is learned where the configuration says so, and may not change then', async t => {
	const {ssh} = t.context;
	const account = await ssh.account();
	await account.write('known_hosts', '# mine');
	await account.write('config', 'StrictHostKeyChecking accept-new\n');
	const host = ssh.address(newSocket(ssh));
	await connect({host, environment: account.environment});
	const learned = await readFile(account.file('known_hosts'), 'utf8');
	t.regex(learned, /^# mine\n\[127\.0\.0\.1\]:\d+ ssh-ed25519 \S+\n$/v);
	await connect({host, environment: {...account.environment}});
	t.is(await readFile(account.file('known_hosts'), 'utf8'), learned);
	await makeKey(path.join(account.home, 'other'));
	await account.write('known_hosts', `[127.0.0.1]:${ssh.port} ${await readFile(path.join(account.home, 'other.pub'), 'utf8')}`);
	t.regex((await refusal(t, connect({host, environment: {...account.environment}}), 'forbidden')).message, /CHANGED/v);
});

sshTest('a key that is not accepted is named, and so is that there is none', async t => {
	const {ssh} = t.context;
	const {environment, file} = await ssh.account({isStranger: true});
	const error = await refusal(t, connect({host: ssh.address(), environment}), 'forbidden');
	t.true(error.message.includes(file('id_ed25519')), error.message);
	t.regex(error.remedy ?? '', /never with a password/v);

	await rename(file('id_ed25519'), file('elsewhere'));
	await rename(file('id_ed25519.pub'), file('elsewhere.pub'));
	t.regex((await refusal(t, connect({host: ssh.address(), environment: {...environment}}), 'forbidden')).message, /no key to log in with/v);
});

sshTest('keys of every kind', async t => {
	const {ssh} = t.context;
	for (const type of ['rsa', 'ecdsa', 'ed25519']) {
		const account = await ssh.account({type});
		await t.notThrowsAsync(connect({host: ssh.address(), environment: account.environment}), type);
		const agent = await startAgent(account.home, [account.file('id_ed25519')]);
		await rename(account.file('id_ed25519'), account.file('away'));
		await t.notThrowsAsync(connect({host: ssh.address(), environment: {...account.environment, SSH_AUTH_SOCK: agent.socket}}), `${type} of an agent`);
		await agent.close();
	}
});

sshTest('an agent\'s keys come first, and one that is gone or knows only others is not the end', async t => {
	const {ssh} = t.context;
	const account = await ssh.account();
	const host = ssh.address();
	await makeKey(path.join(account.home, 'strange'));
	const agent = await startAgent(account.home, [path.join(account.home, 'strange')]);
	t.teardown(agent.close);
	const environment = {...account.environment, SSH_AUTH_SOCK: agent.socket};
	await t.notThrowsAsync(connect({host, environment}));
	await t.notThrowsAsync(connect({host, environment: {...environment, SSH_AUTH_SOCK: path.join(account.home, 'gone')}}));

	await account.write('config', `IdentityFile ${path.join(account.home, 'absent')}\n`);
	const error = await refusal(t, connect({host, environment: {...environment}}), 'forbidden');
	t.true(error.message.includes('"strange of a test" of the agent'), error.message);

	// More keys than a host has patience for.
	const names = Array.from({length: 8}, (_, index) => path.join(account.home, `many-${index}`));
	await Promise.all(names.map(async name => makeKey(name)));
	await run('ssh-add', ['-q', ...names], {environment: {SSH_AUTH_SOCK: agent.socket}});
	const many = await refusal(t, connect({host, environment: {...environment}}), 'forbidden');
	t.regex(many.message, /disconnected before all were tried$/v);
	t.regex(many.remedy ?? '', /IdentitiesOnly/v);

	// The public half of a key is enough to choose it, and with IdentitiesOnly no other is shown.
	const stranger = await ssh.account({isStranger: true});
	await symlink(path.join(account.home, 'strange.pub'), stranger.file('chosen.pub'));
	await stranger.write('config', `IdentitiesOnly yes\nIdentityFile ${stranger.file('chosen')}\nIdentityAgent ${agent.socket}\n`);
	const only = await refusal(t, connect({host, environment: stranger.environment}), 'forbidden');
	t.true(only.message.includes('"strange of a test" of the agent'), only.message);
	await stranger.write('config', `IdentitiesOnly yes\nIdentityFile ${stranger.file('id_ed25519')}\nIdentityAgent ${agent.socket}\n`);
	t.false((await refusal(t, connect({host, environment: {...stranger.environment}}), 'forbidden')).message.includes('agent'));
});

sshTest('a key with a passphrase is asked for when the host would take it, or given to the agent', async t => {
	const {ssh} = t.context;
	const account = await ssh.account({passphrase: 'open sesame'});
	const host = ssh.address();
	for (const isWithPublic of [true, false]) {
		if (!isWithPublic) {
			await rename(account.file('id_ed25519.pub'), account.file('away.pub'));
		}

		const questions: string[] = [];
		await connect({
			host,
			environment: {...account.environment},
			async ask(question) {
				questions.push(question);
				return questions.length === 1 ? 'wrong' : 'open sesame';
			},
		});
		t.deepEqual(questions, Array.from({length: 2}, () => `Enter passphrase for key '${account.file('id_ed25519')}': `));
		const error = await refusal(t, connect({host, environment: {...account.environment}}), 'forbidden');
		t.is(error.remedy, `ssh-add ${account.file('id_ed25519')}`);
	}

	const stranger = await ssh.account({passphrase: 'x', isStranger: true});
	await refusal(t, connect({
		host,
		environment: stranger.environment,
		async ask() {
			t.fail('a key that is not wanted needs no passphrase');
			return undefined;
		},
	}), 'forbidden');
});

sshTest('through a host on the way, each as the configuration has it', async t => {
	const {ssh} = t.context;
	const socket = newSocket(ssh);
	await serveEngine(t, socket);
	const way = await startWay(ssh.port);
	t.teardown(() => {
		way.close();
	});
	const {environment, write} = await ssh.account();
	await write('known_hosts', ssh.knownHost() + ssh.knownHost(way.port));
	await write('config', `Host first\n HostName 127.0.0.1\n Port ${way.port}\nHost second\n HostName 127.0.0.1\n Port ${ssh.port}\n ProxyJump first\nHost circle\n ProxyJump circle\n`);
	const engine = await connect({host: `ssh://second${socket}`, environment});
	const id = await start(engine, ['sh', '-c', 'echo from afar']);
	await engine.waitContainer(id);
	t.is((await Array.fromAsync(engine.logs(id))).length, 1);
	t.is(way.taken(), 1);
	way.cut();
	await t.throwsAsync(engine.version().then(async () => engine.version()));
	t.truthy(await engine.version());
	t.is(way.taken(), 2);
	await refusal(t, connect({host: 'ssh://circle', environment}), 'invalid');
});

sshTest('a host that cannot be reached is named with the reason', async t => {
	const {ssh} = t.context;
	const {environment, write} = await ssh.account();
	t.regex((await refusal(t, connect({host: 'ssh://me@127.0.0.1:1', environment}), 'unavailable')).message, /^cannot reach ssh:\/\/me@127\.0\.0\.1:1: the connection is refused$/v);
	t.regex((await refusal(t, connect({host: 'ssh://no-such-host.invalid', environment}), 'unavailable')).message, /^cannot reach ssh:\/\/no-such-host\.invalid: its name cannot be resolved/v);

	// What greets with escape sequences, and what never greets.
	const server = net.createServer(socket => {
		socket.on('error', () => undefined);
		socket.end('\u{1B}]0;owned\u{7}\u{1B}[2J\r\nSSH-1.0-\u{1B}[31mold\r\n');
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => server.close());
	const {port} = server.address() as net.AddressInfo;
	t.true((await refusal(t, connect({host: `ssh://127.0.0.1:${port}`, environment}), 'unavailable')).message.startsWith(`cannot reach ssh://127.0.0.1:${port}: `));

	await write('config', 'Host nobody\n HostName 127.0.0.1\n ProxyCommand nc %h 22\n');
	t.regex((await refusal(t, connect({host: 'ssh://nobody', environment}), 'unsupported')).message, /ProxyCommand in .*line 3/v);
});

sshTest('no engine at the other end: what was tried is named', async t => {
	const {ssh} = t.context;
	const {environment} = await ssh.account();
	const absent = path.join(ssh.directory, 'absent \'engine.sock');
	const engine = await connect({host: ssh.address(absent), environment});
	const error = await refusal(t, engine.version(), 'unavailable');
	t.true(error.message.includes(`no engine answers at ${ssh.address(absent)}`), error.message);
	t.true(error.message.includes('system dial-stdio'), error.message);
});

sshTest('where sockets are not forwarded, docker there passes them on', async t => {
	const engineSocket = path.join(t.context.ssh.directory, 'behind-docker.sock');
	await serveEngine(t, engineSocket);
	const programs = path.join(t.context.ssh.directory, 'programs');
	const strict = await startServer({lines: ['AllowStreamLocalForwarding no', `SetEnv PATH=${t.context.ssh.directory}:/usr/bin:/bin`, 'MaxSessions 100']});
	t.teardown(strict.close);
	// As Docker's own client: bytes from one side to the other, until the engine has ended.
	const docker = path.join(t.context.ssh.directory, 'docker');
	await writeFile(programs, `import net from 'node:net';
if (process.argv.slice(1).join(' ') !== 'system dial-stdio') {
	process.stderr.write('\\u001B[31mnot that: ' + process.argv.slice(1).join('|') + '\\n');
	process.exit(3);
}

const socket = net.connect({path: ${JSON.stringify(engineSocket)}, allowHalfOpen: true});
process.stdin.pipe(socket).pipe(process.stdout, {end: false});
socket.on('end', () => process.stdout.write('', () => process.exit()));
`);
	await writeFile(docker, `#!/bin/sh\nexec ${process.execPath} --input-type=module -e "$(cat ${programs})" -- "$@"\n`);
	await chmod(docker, 0o755);
	const {environment} = await strict.account();
	const engine = await connect({host: strict.address(), environment});
	const id = await start(engine, ['sleep', '1000']);
	const exec = await engine.createExec(id, {command: ['cat'], terminal: false, stdin: true, environment: [], privileged: false});
	const session = await engine.startExec(exec);
	session.stdin.end('through docker');
	t.is(await text(session.stdout), 'through docker');

	const named = await connect({host: strict.address('/run/it\'s.sock'), environment});
	const error = await t.throwsAsync<HolmError>(named.version(), {instanceOf: HolmError, code: 'unavailable'});
	t.true(error.message.includes('--host|unix:///run/it\'s.sock|system|dial-stdio'), error.message);
});
