import {chmod, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {createAppleEngine} from '../../../source/backends/apple/engine.js';
import {readProbe} from '../../../source/backends/apple/find-program.js';
import {createLocalTransport} from '../../../source/backends/apple/local.js';
import {HolmError, type ErrorCode} from '../../../source/engine/errors.js';
import {escapeControls} from '../../../source/text/escape.js';

const version = await readFile(new URL('../../../../test/backends/apple/samples/1.2-system-version.json', import.meta.url), 'utf8');

/** An engine over a program that answers everything but the question for its version with a script. */
const open = async (t: ExecutionContext, script: string) => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-hostile-'));
	const program = path.join(directory, 'container');
	await writeFile(program, `#!/bin/sh\nif [ "$2" = version ]; then printf '%s' '${version.trim()}'; exit; fi\n${script}\n`);
	await chmod(program, 0o755);
	const transport = createLocalTransport({environment: {...process.env, HOME: directory, HOLM_CONTAINER: program}});
	t.teardown(async () => {
		transport.close();
		await rm(directory, {recursive: true, force: true});
	});
	return createAppleEngine(transport, {limitMs: 1500});
};

const cases: ReadonlyArray<readonly [name: string, script: string, code: ErrorCode, names: RegExp]> = [
	['control sequences', String.raw`printf '\033]0;title\007\033[31mred\n'`, 'internal', /not JSON/v],
	['control sequences in its complaint', String.raw`printf 'Error: \033[2Jcleared \033]0;x\007\n' >&2; exit 1`, 'internal', /cleared/v],
	['a line of 10 MB', 'head -c 10000000 /dev/zero | tr "\\0" x', 'internal', /not JSON/v],
	['a complaint of 10 MB', 'head -c 10000000 /dev/zero | tr "\\0" x >&2; exit 3', 'internal', /x/v],
	['half a document', 'printf \'[{"id":"web","configuration":{\'', 'internal', /not JSON/v],
	['nothing', 'exit 0', 'internal', /not JSON/v],
	['output without an end', 'yes', 'internal', /more than 32 MiB/v],
	['a program that hangs', 'sleep 1000', 'unavailable', /did not end within 1\.5 seconds/v],
	['a program that hangs and closes its output', 'exec >&- 2>&-; sleep 1000', 'unavailable', /did not end within 1\.5 seconds/v],
	['a program that is killed', 'kill -KILL $$', 'internal', /status/v],
];

for (const [name, script, code, names] of cases) {
	test(`${name}: one clear error within the limit`, async t => {
		const engine = await open(t, script);
		const error = await t.throwsAsync(engine.containers({all: true}), {instanceOf: HolmError});
		t.is(error?.code, code);
		t.regex(error.message, names);
		t.is(escapeControls(error.message), error.message);
		t.true(error.message.length < 700, String(error.message.length));
		t.truthy(error?.remedy);
	});
}

test('a list of nonsense is a list of what can be read', async t => {
	const engine = await open(t, 'printf \'%s\' \'[1,null,{"id":"web\\u001b[31m","status":{"state":"running"}},{"configuration":{"id":"x","labels":{"holm":"e30"}}}]\'');
	const containers = await engine.containers({all: true});
	t.deepEqual(containers.map(({status}) => status.state).toSorted(), ['created', 'running']);
});

test('where there is no program, another one, or an old one', t => {
	const probe = (system: string, lines: string) => () => readProbe(`${system}\narm64\n/Users/ada\n${lines}`, 'this host');
	const refused = (action: () => unknown, code: ErrorCode, names: RegExp) => {
		const error = t.throws(action, {instanceOf: HolmError});
		t.is(error.code, code);
		t.regex(error.message, names);
		t.truthy(error.remedy);
	};

	refused(probe('Linux', ''), 'unsupported', /Linux/v);
	refused(probe('Darwin', ''), 'unavailable', /no container program/v);
	refused(probe('Darwin', '/usr/local/bin/container\nusage: container'), 'unsupported', /is not Apple's container/v);
	refused(probe('Darwin', '/usr/local/bin/container\n[{"appName":"other","version":"2.0"}]'), 'unsupported', /is not Apple's container/v);
	refused(probe('Darwin', '/usr/local/bin/container\n[{"appName":"container","version":"0.12.3"}]'), 'unsupported', /0\.12\.3/v);
	t.like(probe('Darwin', `/opt/homebrew/bin/container\n${version}`)(), {path: '/opt/homebrew/bin/container', version: '1.2.2', home: '/Users/ada', flavour: 'bsd'});
	t.like(probe('Darwin', '/x/container\n[{"appName":"container","version":"1.4.1"}]')(), {version: '1.4.1'});
});

test('a directory that cannot be watched is looked at again and again', async t => {
	const transport = createLocalTransport({environment: process.env});
	t.teardown(transport.close);
	const {promise: again, resolve} = Promise.withResolvers<void>();
	let looks = 0;
	const stop = transport.watch!('/no/such/directory', 'exit', () => {
		looks++;
		if (looks === 2) {
			resolve();
		}
	});
	t.is(looks, 1);
	await again;
	stop();
});
