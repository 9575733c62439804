import {Buffer} from 'node:buffer';
import test from 'ava';
import {
	createComparison,
	createListParser,
	decodePath,
	parseList,
} from '../../../source/host/containers/file-list.js';
import {listChanges} from '../../../source/rules/containers/file-changes.js';

type Given = {type?: string; mode?: number; uid?: number; links?: number; size?: number; modified?: string; changed?: string};

const fields = ({type = 'f', mode = 644, uid = 0, links = 1, size = 5, modified = '1600000000.0000000000', changed = '1700000000.0000000000'}: Given = {}) =>
	`${type} ${mode} ${uid} 0 ${links} ${size} ${modified} ${changed} `;

const directory = (given: Given = {}) => fields({type: 'd', mode: 755, size: 4096, ...given});

const compare = (before: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>, ignored: readonly string[] = []) => {
	const comparison = createComparison(new Map(Object.entries(before)));
	for (const [path, file] of Object.entries(now)) {
		comparison.add(path, file);
	}

	return listChanges(comparison.changes(), ignored).map(({kind, path}) => `${kind} ${path}`);
};

test('every way in which a file can be another one', t => {
	const later = '1700000001.5000000000';
	for (const [change, isChange] of [
		[{}, false],
		[{mode: 755}, true],
		[{uid: 7}, true],
		[{size: 6}, true],
		[{modified: later}, true],
		[{changed: later}, true],
		// Another name of it was added, which a layer of an image would repeat.
		[{changed: later, links: 3}, true],
		[{changed: later, links: 1}, false],
		[{changed: later, links: 1, size: 6}, true],
		[{type: 'l'}, true],
	] as const) {
		t.deepEqual(compare({'/file': fields({links: 2})}, {'/file': fields({links: 2, ...change})}), isChange ? ['changed /file'] : [], JSON.stringify(change));
	}
});

test('a directory changes by itself or by its contents', t => {
	const later = '1700000001.5000000000';
	const before = {'/d': directory(), '/d/e': directory(), '/d/e/f': fields()};
	t.deepEqual(compare(before, {...before, '/d': directory({modified: later, changed: later, links: 9, size: 8192})}), []);
	t.deepEqual(compare(before, {...before, '/d': directory({mode: 700})}), ['changed /d']);
	t.deepEqual(compare(before, {...before, '/d/e/f': fields({size: 6})}), ['changed /d', 'changed /d/e', 'changed /d/e/f']);
	t.deepEqual(compare(before, {...before, '/d/e/g': fields()}), ['changed /d', 'changed /d/e', 'added /d/e/g']);
	t.deepEqual(compare(before, {'/d': directory()}), ['changed /d', 'deleted /d/e'], 'what was in it goes without saying');
	t.deepEqual(compare(before, {'/d': fields()}), ['changed /d'], 'no directory any more');
	t.deepEqual(compare({'/d': fields()}, before), ['changed /d', 'added /d/e', 'added /d/e/f']);
	t.deepEqual(compare(before, {}), ['deleted /d']);
});

test('in the order of a walk', t => {
	t.deepEqual(
		compare({}, {'/a b': fields(), '/a': directory(), '/a/z': fields(), '/a-b': fields(), '/a/b': fields()}),
		['added /a', 'added /a/b', 'added /a/z', 'added /a b', 'added /a-b'],
	);
});

test('places for mounts, and directories made for them alone', t => {
	const now = {
		'/m': directory(), '/m/a': directory(), '/m/a/b': directory(), '/etc': directory(), '/etc/hosts': fields(), '/n': directory(), '/n/o': directory(), '/n/own': fields(),
	};
	t.deepEqual(compare({'/etc': directory()}, now, ['/m/a/b', '/etc/hosts', '/n/o', '/not/there']), ['added /n', 'added /n/own']);
	t.deepEqual(compare({'/etc': directory(), '/etc/hosts': fields()}, {...now, '/etc/hosts': fields({mode: 700})}, ['/m/a/b', '/etc/hosts', '/n/o']), ['added /n', 'added /n/own']);
});

test('a list in any pieces, with names of any bytes', t => {
	const names = [String.raw`/line\n`, '/line\nf 644 0 0 1 5 1 1 /fake', '/ /  /', '/\u{FF}\u{1B}', '/größe'.normalize()];
	const bytes = Buffer.concat(names.map(name => Buffer.from(`${fields()}${name}\0`, 'latin1')));
	t.deepEqual([...parseList(bytes).keys()], names);
	const found: string[] = [];
	const parser = createListParser(path => {
		found.push(path);
	});
	for (const byte of bytes) {
		parser.push(Uint8Array.of(byte));
	}

	parser.end();
	t.deepEqual(found, names);
	t.is(decodePath('/\u{C3}\u{B6}\u{FF}'), '/ö\u{FFFD}');
	for (const broken of ['no path\0', '/\0', 'f 644']) {
		t.throws(() => parseList(Buffer.from(broken)), {code: 'internal'});
	}

	const comparison = createComparison(new Map([['/x', fields()]]));
	t.throws(() => {
		comparison.add('/x', 'f 644 nonsense ');
	}, {code: 'internal'});
});
