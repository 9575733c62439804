import {glob, readFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import ts from 'typescript';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** The rooms of `source` from the bottom up, and what each may import beside itself. The readme's architecture section shows the same as a picture. */
const rooms: Readonly<Record<string, readonly string[]>> = {
	engine: [],
	text: [],
	rules: ['engine', 'text'],
	terminal: ['engine'],
	flags: ['engine', 'terminal'],
	wire: ['engine'],
	archive: ['engine', 'text'],
	host: ['engine', 'rules', 'text', 'wire', 'archive'],
	backends: ['engine', 'rules', 'text', 'wire', 'archive'],
	api: ['engine', 'terminal', 'wire'],
	daemon: ['engine', 'wire', 'host', 'backends', 'api'],
	dashboard: ['engine', 'rules', 'text', 'terminal', 'flags', 'archive', 'backends'],
	commands: ['engine', 'text', 'terminal', 'flags', 'wire', 'archive', 'host', 'backends', 'api', 'daemon', 'dashboard'],
};

const roomOf = (file: string): string => file.split('/')[1]!;

/** What each source file imports of the others, also when it runs or in a process of its own. */
const readImports = async (): Promise<ReadonlyMap<string, readonly string[]>> => {
	const files = await Array.fromAsync(glob('source/**/*.{ts,tsx}', {cwd: project}));
	const byOutput = new Map(files.map(file => [file.replace(/\.tsx?$/v, '.js'), file]));
	return new Map(await Promise.all(files.map(async file => {
		const text = await readFile(path.join(project, file), 'utf8');
		const modules = text.matchAll(/new URL\('(?<module>[^']+\.js)', import\.meta\.url\)/gv).map(({groups}) => groups!.module!);
		const names = [...ts.preProcessFile(text).importedFiles.map(({fileName}) => fileName).filter(name => name.startsWith('.')), ...modules];
		const imported = new Set(names.map(name => byOutput.get(path.join(path.dirname(file), name)) ?? name));
		return [file, [...imported]] as const;
	})));
};

test('the rooms are listed from the bottom up', t => {
	const names = Object.keys(rooms);
	t.deepEqual(Object.entries(rooms).flatMap(([room, below]) => below.filter(other => names.indexOf(other) >= names.indexOf(room)).map(other => `${room} → ${other}`)), []);
});

test('every file is in a room and imports only from its own and those that this one may use', async t => {
	const arrows = [...await readImports()].flatMap(([file, imported]) => imported.filter(other => {
		const [room, target] = [roomOf(file), roomOf(other)];
		return room !== target && !rooms[room]?.includes(target);
	}).map(other => `${file} → ${other}`));
	t.deepEqual(arrows, []);
});

test('every arrow between rooms that is allowed is there', async t => {
	const used = new Set([...await readImports()].flatMap(([file, imported]) => imported.map(other => `${roomOf(file)} → ${roomOf(other)}`)));
	t.deepEqual(Object.entries(rooms).flatMap(([room, below]) => below.map(other => `${room} → ${other}`)).filter(arrow => !used.has(arrow)), []);
});

test('files do not import each other in a circle', async t => {
	const imports = await readImports();
	const done = new Set<string>();
	const circles: string[] = [];
	const visit = (file: string, trail: readonly string[]) => {
		if (trail.includes(file)) {
			circles.push([...trail.slice(trail.indexOf(file)), file].join(' → '));
		} else if (!done.has(file)) {
			for (const other of imports.get(file) ?? []) {
				visit(other, [...trail, file]);
			}

			done.add(file);
		}
	};

	for (const file of imports.keys()) {
		visit(file, []);
	}

	t.deepEqual(circles, []);
});
