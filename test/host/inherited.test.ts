import {readdir, readlink} from 'node:fs/promises';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {run} from '../../source/host/run.js';

const inherited = fileURLToPath(new URL('../../source/host/inherited.js', import.meta.url));

const script = `
const {readdirSync, readlinkSync} = process.getBuiltinModule('node:fs');
const {spawnSync} = process.getBuiltinModule('node:child_process');
const {closeInherited} = await import(${JSON.stringify(inherited)});
if (process.argv.includes('close')) closeInherited();
const isOpen = readdirSync('/proc/self/fd').includes('9') && readlinkSync('/proc/self/fd/9');
console.log('nine', isOpen);
console.log(spawnSync('ls', ['-l', '/proc/self/fd']).stdout.toString());
`;

const isPossible = process.platform === 'linux' && await readlink('/bin/bash').then(() => true, async () => readdir('/bin').then(names => names.includes('bash')));

(isPossible ? test : test.skip)('programs inherit no descriptor of the process that started the daemon', async t => {
	const descriptors = async (...words: readonly string[]) => {
		const {stdout} = await run('bash', ['-c', 'exec 9</etc/passwd 60</etc/passwd 251</etc/passwd; exec "$@"', 'bash', process.execPath, '--input-type=module', '-e', script, ...words]);
		return stdout;
	};

	t.regex(await descriptors(), /60 -> \/etc\/passwd/v);
	const [nine, ...rest] = (await descriptors('close')).split('\n');
	// Like a socket that systemd passes: this process has it, its children do not.
	t.is(nine, 'nine /etc/passwd');
	t.notRegex(rest.join('\n'), /passwd/v);
});
