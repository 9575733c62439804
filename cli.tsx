#!/usr/bin/env -S node --
// Without the two dashes Node takes `--env-file` for its own, wherever it stands: nodejs/node#54232.
import type * as Start from './source/commands/start.js';

// Nothing that an old Node lacks may be imported before its version is known.
const needed = '22.20';
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 20)) {
	const {runWithNewerNode} = await import('./source/commands/newer-node.js');
	process.exitCode = runWithNewerNode(new URL(import.meta.url), needed);
} else {
	const {statSync} = process.getBuiltinModule('node:fs');
	const {createRequire, enableCompileCache} = process.getBuiltinModule('node:module');
	const {homedir} = process.getBuiltinModule('node:os');
	const {join} = process.getBuiltinModule('node:path');
	const [first = ''] = process.argv.slice(2);
	const changed = (file: string) => statSync(new URL(file, import.meta.url), {throwIfNoEntry: false})?.mtimeMs ?? 0;

	/** From a bundle, see `build/bundle.ts`; in a checkout, only until the compiler has run again. */
	const load = async (): Promise<typeof Start> => {
		// The version and the help need so few modules that they start faster than the bundle.
		if (changed('bundle/licences.txt') <= changed('.tsbuildinfo') || /^--(?:help|version)$/v.test(first)) {
			return import('./source/commands/start.js');
		}

		// A command never opens the dashboard.
		if (/^[^\-]/v.test(first)) {
			return createRequire(import.meta.url)('./bundle/commands.cjs') as typeof Start;
		}

		return await import(new URL('bundle/holm.js', import.meta.url).href) as typeof Start;
	};

	// Not Node's default: any user can create that directory in /tmp first, and Node executes its content.
	enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'holm', 'compiled'));
	const {start} = await load();
	await start();
}
