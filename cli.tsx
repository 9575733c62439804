#!/usr/bin/env -S node --
// Without the two dashes Node takes `--env-file` for its own, wherever it stands: nodejs/node#54232.

// Nothing that an old Node lacks may be imported before its version is known.
const needed = '22.20';
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 20)) {
	const {runWithNewerNode} = await import('./source/commands/newer-node.js');
	process.exitCode = runWithNewerNode(new URL(import.meta.url), needed);
} else {
	const {start} = await import('./source/commands/start.js');
	await start();
}
