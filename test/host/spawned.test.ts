import {spawnSync} from 'node:child_process';
import process from 'node:process';
import test from 'ava';

test('without free descriptors a program is refused, and the process continues', t => {
	const runModule = new URL('../../source/host/run.js', import.meta.url).href;
	const program = `
		import fs from 'node:fs';
		const {run} = await import(${JSON.stringify(runModule)});
		const held = [];
		try {
			for (;;) held.push(fs.openSync('/dev/null'));
		} catch {}
		await run('true', []).catch(error => console.log(error.message, '/', error.remedy));
		for (const descriptor of held) fs.closeSync(descriptor);
		await run('true', []);
		console.log('goes on');
	`;
	const {stdout, stderr} = spawnSync('sh', ['-c', 'ulimit -n 64; exec "$0" --input-type=module --eval "$1"', process.execPath, program], {encoding: 'utf8'});
	t.is(stdout, 'true cannot be started: the daemon has too many files open / allow it more open files (ulimit -n)\ngoes on\n', stderr);
});
