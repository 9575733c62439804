// This must run on Node 18 and use nothing newer.
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

/** Reruns `holm` with the Node in the checkout's packages, which `npm run quickstart` installs, or prints the needed version. Returns the exit status. */
export const runWithNewerNode = (program: URL, needed: string): number => {
	// In a checkout, `dist/cli.js` has its packages in the directory above.
	const node = fileURLToPath(new URL('../node_modules/node/bin/node', program));
	if (!existsSync(node) || process.execPath === node) {
		process.stderr.write(`holm needs Node ${needed} or newer; this is ${process.version}; npm install -g holm with a newer Node, or \`npm run quickstart\` in a checkout, which brings its own\n`);
		return 1;
	}

	const {status, signal, error} = spawnSync(node, [...process.execArgv, '--', fileURLToPath(program), ...process.argv.slice(2)], {stdio: 'inherit'});
	if (error) {
		process.stderr.write(`Error: ${node} could not be run: ${error.message}\n`);
		return 1;
	}

	if (signal !== null) {
		process.kill(process.pid, signal);
	}

	return status ?? 1;
};
