import test from 'ava';
import {createLocalTransport} from '../../../source/backends/apple/local.js';
import {failureOf} from '../../../source/backends/apple/failures.js';
import {findProgram} from '../../../source/backends/apple/find-program.js';
import {createProgram} from '../../../source/backends/apple/program.js';
import {HolmError, type ErrorCode} from '../../../source/engine/errors.js';
import {escapeControls} from '../../../source/text/escape.js';
import {failures, startStandIn} from './stand-in/server.js';

/** By what happened, as the samples name it. */
const codes: Readonly<Record<string, ErrorCode>> = {
	'service down, container list': 'unavailable',
	'service down, other commands': 'unavailable',
	'service start without a usable launchd domain': 'unavailable',
	'inspect, unknown': 'not-found',
	'inspect, several of which two are unknown': 'not-found',
	'start, exec, unknown': 'not-found',
	'stop, unknown': 'not-found',
	'delete, running': 'conflict',
	'logs, unknown': 'not-found',
	'create, name in use': 'conflict',
	'create, host name in use (a container of another name with the same domain name)': 'conflict',
	'create, a label whose value has an equals sign': 'invalid',
	'create, name of one character': 'invalid',
	'create, too little memory': 'invalid',
	'create, bind source missing': 'invalid',
	'start, host port in use': 'conflict',
	'start, privileged port': 'forbidden',
	'exec, not running': 'conflict',
	'exec -it without a terminal on standard input': 'internal',
	'network create, exists': 'conflict',
	'network delete, in use': 'conflict',
	'network delete, builtin': 'forbidden',
	'network delete, unknown': 'not-found',
	'network, subnet taken': 'conflict',
	'volume delete, in use': 'conflict',
	'image inspect, unknown': 'not-found',
	'stats, unknown': 'not-found',
	'pull or push, keychain locked': 'forbidden',
	'macOS 15, network command': 'unsupported',
	'macOS 15, another network': 'unsupported',
};

test('every failure of Apple\'s program has its code, one line and a remedy', async t => {
	const standIn = await startStandIn();
	t.teardown(standIn.close);
	for (const {when, argv} of failures.filter(({when}) => when !== 'service down, status')) {
		const transport = createLocalTransport({environment: {...standIn.environment, HOLM_STAND_IN_FAILURE: when}});
		t.teardown(transport.close);
		const program = createProgram(transport, await findProgram(transport));
		const error = await t.throwsAsync(program.run(argv), {instanceOf: HolmError}, when);
		t.deepEqual([error.code], [codes[when]!], when);
		t.truthy(error.remedy, when);
		t.is(escapeControls(error.message), error.message, when);
		t.notRegex(error.message, /XPC/v, when);
	}
});

test('a service that does not run is told from its status, too', async t => {
	const standIn = await startStandIn();
	t.teardown(standIn.close);
	const transport = createLocalTransport({environment: {...standIn.environment, HOLM_STAND_IN_FAILURE: 'service down, status'}});
	t.teardown(transport.close);
	const program = createProgram(transport, await findProgram(transport));
	const {exitCode, stdout} = await program.attempt(['system', 'status', '--format', 'json']);
	t.is(exitCode, 1);
	t.regex(stdout.toString(), /unregistered/v);
});

test('what the program says is in one line without control sequences', t => {
	const error = failureOf({
		argv: ['start', 'web'], exitCode: 1, where: 'this host', stderr: '\u{1B}[?25l[1/3] Starting\r\u{1B}[K\u{1B}[31mError: \u{1B}]0;title\u{7}something \u{9B}31mbad\u{202E}\n',
	});
	t.is(escapeControls(error.message), error.message);
	t.regex(error.message, /bad/v);
	t.is(error.code, 'internal');
});

test('an option that this version does not know is said so', t => {
	const error = failureOf({argv: ['ls', '-a'], exitCode: 64, where: 'this host', stderr: 'Error: Unknown option \'--nonsense\'\nUsage: container ls\n'});
	t.is(error.code, 'internal');
	t.regex(error.remedy!, /update/v);
});
