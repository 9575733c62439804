import {Buffer} from 'node:buffer';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {fingerprintOf, hasAuthority, judgeHostKey as judge, knownName, knownTypes} from '../../../source/backends/ssh/known-hosts.js';
import {run} from '../../../source/host/run.js';

const hasKeygen = await run('which', ['ssh-keygen']).then(() => true, () => false);
const keygenTest = hasKeygen ? test : test.skip;

const judgeHostKey = (text: string, host: string, port: number, shown: Uint8Array) =>
	judge(text, knownName(host, port), shown, host.toLowerCase());

const keyOf = (type: string, content: string): Buffer => {
	const length = Buffer.alloc(4);
	length.writeUInt32BE(type.length);
	return Buffer.concat([length, Buffer.from(type), Buffer.from(content)]);
};

const ours = keyOf('ssh-ed25519', 'ours');
const theirs = keyOf('ssh-ed25519', 'theirs');
const rsa = keyOf('ssh-rsa', 'ours');
const line = (hosts: string, key = ours) => `${hosts} ${key.subarray(4, 4 + key.readUInt32BE(0)).toString()} ${key.toString('base64')} a comment\n`;

test('plain entries, their patterns and ports', t => {
	t.is(judgeHostKey(line('a,host.example'), 'HOST.example', 22, ours), 'known');
	t.is(judgeHostKey(line('host.example'), 'host.example', 22, theirs), 'changed');
	t.is(judgeHostKey(line('host.example'), 'host.example', 22, rsa), 'unknown');
	t.is(judgeHostKey(line('host.example'), 'hostxexample', 22, ours), 'unknown');
	// As with ssh: what is known of the host without a port counts on every port, but does not make another key there a change.
	t.is(judgeHostKey(line('host'), 'host', 2222, ours), 'known');
	t.is(judgeHostKey(line('host'), 'host', 2222, theirs), 'unknown');
	t.is(judgeHostKey(`@revoked ${line('host')}${line('[host]:2222')}`, 'host', 2222, ours), 'revoked');
	t.is(judgeHostKey(line('[host]:2222'), 'host', 2222, ours), 'known');
	t.is(judgeHostKey(line('[host]:2222'), 'host', 22, ours), 'unknown');
	t.is(judgeHostKey(line('*.example,!bad.example'), 'good.example', 22, ours), 'known');
	t.is(judgeHostKey(line('*.example,!bad.example'), 'bad.example', 22, ours), 'unknown');
	t.deepEqual(knownTypes(line('x') + line('host', rsa), 'host'), ['ssh-rsa']);
});

test('markers, comments and damaged lines vouch for nothing', t => {
	t.is(judgeHostKey(line('host') + `@revoked ${line('*')}`, 'host', 22, ours), 'revoked');
	t.true(hasAuthority(`@cert-authority ${line('*.example')}`, 'a.example'));
	t.false(hasAuthority(line('host'), 'host'));
	t.is(judgeHostKey(`@cert-authority ${line('host')}`, 'host', 22, ours), 'unknown');
	t.is(judgeHostKey(`#${line('host')}host\nhost ssh-ed25519\n|1|x ssh-ed25519 AAAA\n`, 'host', 22, ours), 'unknown');
	for (const shown of [Buffer.alloc(0), Buffer.from([255, 255, 255, 255])]) {
		t.not(judgeHostKey(line('host'), 'host', 22, shown), 'known');
	}
});

keygenTest(`entries that ssh-keygen has hashed${hasKeygen ? '' : ' (needs ssh-keygen)'}`, async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'holm-known-'));
	t.teardown(async () => rm(directory, {recursive: true, force: true}));
	const key = path.join(directory, 'key');
	await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
	const [type, base64 = ''] = (await readFile(`${key}.pub`, 'utf8')).split(' ');
	const file = path.join(directory, 'known_hosts');
	await writeFile(file, `host.example ${type} ${base64}\n[host.example]:2222 ${type} ${base64}\n`);
	await run('ssh-keygen', ['-q', '-H', '-f', file]);
	const text = await readFile(file, 'utf8');
	t.false(text.includes('host.example'));
	const shown = Buffer.from(base64, 'base64');
	t.is(judgeHostKey(text, 'host.example', 22, shown), 'known');
	t.is(judgeHostKey(text, 'host.example', 2222, shown), 'known');
	t.is(judgeHostKey(text, 'host.example', 2222, theirs), 'changed');
	t.is(judgeHostKey(text, 'other.example', 22, shown), 'unknown');
	const listed = await run('ssh-keygen', ['-l', '-f', `${key}.pub`]);
	t.true(listed.stdout.includes(`${fingerprintOf(shown)} `));
});
