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
	const {existsSync, mkdirSync, statSync} = process.getBuiltinModule('node:fs');
	const {enableCompileCache} = process.getBuiltinModule('node:module');
	const {homedir} = process.getBuiltinModule('node:os');
	const {isAbsolute, join} = process.getBuiltinModule('node:path');

	/** Not Node's default for compiled code: any user can create that directory in /tmp first, and Node executes its content. Undefined if there can be none. */
	const cacheDirectory = (): string | undefined => {
		try {
			// The XDG base directory specification: a relative path counts as none.
			const caches = [process.env.XDG_CACHE_HOME ?? '', join(homedir(), '.cache')].find(place => isAbsolute(place));
			const wanted = caches && join(caches, 'holm', 'compiled');
			if (!caches || !wanted || existsSync(wanted)) {
				return wanted || undefined;
			}

			// Node itself never stops trying where no directory can be made, such as in /proc.
			for (const place of [caches, join(caches, 'holm'), wanted]) {
				if (!existsSync(place)) {
					mkdirSync(place, {mode: 0o700});
				}
			}

			return wanted;
		} catch {
			return undefined;
		}
	};

	const directory = cacheDirectory();
	if (directory !== undefined) {
		enableCompileCache(directory);
	}

	const changed = (file: string) => statSync(join(import.meta.dirname, file), {throwIfNoEntry: false})?.mtimeMs ?? 0;
	const [first = ''] = process.argv.slice(2);

	/** From a bundle, see `build/bundle.ts`; in a checkout, only until the compiler has run again. */
	const load = async (): Promise<typeof Start> => {
		// The version and the help need so few modules that they start faster than a bundle. Stacks are those of modules.
		if (changed('bundle/licences.txt') <= changed('.tsbuildinfo') || /^--(?:help|version|debug)$/v.test(first)) {
			return import('./source/commands/start.js');
		}

		const {loadBundle} = await import('./source/commands/load-bundle.js');
		const hasFlags = process.argv.slice(2).some(argument => argument.startsWith('-'));
		// A command never opens the dashboard.
		const name = /^[^\-]/v.test(first) ? 'commands.cjs' : 'holm.cjs';
		return loadBundle(join(import.meta.dirname, 'bundle', name), {
			directory, word: `${/^[a-z_]+$/v.test(first) ? first : ''}${hasFlags ? '-' : ''}`,
		}) as typeof Start;
	};

	const {start} = await load();
	await start();
}
