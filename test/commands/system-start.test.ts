import test from 'ava';
import {command} from '../../source/commands/system/start.js';
import {createContext} from './helpers/context.js';
import {runCommand} from './helpers/run-command.js';

// Too long for sockets, so that nothing is ever started.
const root = `/${'x'.repeat(120)}`;
const start = async (...argv: readonly string[]) => {
	const context = createContext({root});
	const failure = await runCommand(command, argv, context)
		.then(() => undefined, (error: unknown) => error as Error & {readonly remedy?: string});
	return {message: failure?.message ?? '', remedy: failure?.remedy ?? '', errors: context.errors()};
};

const tcp = ['--host', 'tcp://127.0.0.1:2375'];

test('TCP without certificates needs the user\'s consent', async t => {
	const {message, remedy} = await start(...tcp);
	t.is(message, 'tcp://127.0.0.1:2375 without TLS makes every user and every program that can connect to it root on this host');
	t.regex(remedy, /--insecure-tcp/v);
	const accepted = await start(...tcp, '--insecure-tcp');
	t.regex(accepted.message, /too long/v);
	t.is(accepted.errors, `WARNING: ${message}\n`);
	t.regex((await start('--host', 'tcp://0.0.0.0:2375', '--insecure-tcp')).remedy, /^add --tls-ca/v);
});

test('flags that have no TCP to be for are refused', async t => {
	t.regex((await start('--insecure-tcp')).message, /^--insecure-tcp is for a tcp:/v);
	t.regex((await start('--host', 'unix:///run/x', '--allow-host', 'lab')).message, /^--allow-host is for a tcp:/v);
	t.regex((await start(...tcp, '--insecure-tcp', '--allow-host', 'lab/x')).message, /^"lab\/x" is not a host name/v);
});
