// What this needs must exist in Node 18, which is what it is there for.
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import process from 'node:process';
import {fileURLToPath} from 'node:url';

/** Runs the program once more with the Node of a checkout, which `npm run quickstart` brings; says what is needed where there is none. Returns the exit status. */
export const runWithNewerNode = (program: URL, needed: string): number => {
	// The program is `dist/cli.js`, beside which a checkout has its packages.
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
