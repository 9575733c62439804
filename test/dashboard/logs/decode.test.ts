import {Buffer} from 'node:buffer';
import test from 'ava';
import {createLineJoiner, decodeLine, decodeText, longestLine, nextLook} from '../../../source/dashboard/logs/decode.js';

test('colours are kept as runs, other control sequences are removed or made visible', t => {
	t.deepEqual(decodeText('\u{1B}[31mred\u{1B}[0m plain'), {text: 'red plain', runs: [{at: 0, sgr: '31'}, {at: 3, sgr: ''}]});
	for (const [given, text] of [
		['a\u{1B}[2Jb', 'ab'],
		['a\u{1B}[10;10Hb', 'ab'],
		['a\u{1B}]0;title\u{7}b', 'ab'],
		['a\u{1B}]52;c;ZXZpbA==\u{1B}\\b', 'ab'],
		['a\u{1B}]8;;http://x\u{1B}\\link\u{1B}]8;;\u{1B}\\b', 'alinkb'],
		['a\u{1B}Pq#0\u{1B}\\b', 'ab'],
		['a\u{1B}[?1049hb\u{1B}cc\u{1B}(0d', 'abcd'],
		['a\u{1B}]0;never ended', 'a'],
		['a\u{1B}[12', 'a'],
		['a\u{9B}2Jb', String.raw`a\u009b2Jb`],
		['a\rb\u{7}\u{8}', String.raw`a\rb\x07\x08`],
		['\u{202E}evil', String.raw`\u202eevil`],
		['a\tb', 'a       b'],
		['12345678\tb', '12345678        b'],
	] as const) {
		t.is(decodeText(given).text, text, JSON.stringify(given));
	}
});

test('only harmless SGR parameters are kept', t => {
	t.is(nextLook('', '1;31'), '1;31');
	t.is(nextLook('1;31', ''), '');
	t.is(nextLook('1', '0;4'), '4');
	t.is(nextLook('', '38;5;200'), '38;5;200');
	t.is(nextLook('', '38;2;1;2;3;1'), '38;2;1;2;3;1');
	t.is(nextLook('', '38;5'), '');
	t.is(nextLook('', '38;5;999'), '');
	t.is(nextLook('', '5;8;6'), '');
	t.is(nextLook('', '9999;1'), '1');
	let look = '';
	for (let turn = 0; turn < 1000; turn++) {
		look = nextLook(look, '1');
	}

	t.true(look.length < 200);
});

test('invalid UTF-8 and a trailing carriage return are handled', t => {
	t.is(decodeLine(Buffer.from([0x61, 0xFF, 0xC3, 0x62])).text, 'a\u{FFFD}\u{FFFD}b');
	t.is(decodeLine(Buffer.from('line\r')).text, 'line');
});

test('hostile lines decode in linear time', t => {
	const started = performance.now();
	for (const text of ['\u{1B}['.repeat(8000), '\u{1B}]'.repeat(8000), '\t'.repeat(16_000), '\u{1B}[1m'.repeat(4000), '\u{1B}P'.repeat(8000) + 'x']) {
		t.true(decodeText(text).text.length < 200_000);
	}

	// Quadratic time would be minutes.
	t.true(performance.now() - started < 20_000);
});

test('chunks are joined to lines, and a very long line keeps its beginning and the number of missing bytes', t => {
	const join = createLineJoiner();
	t.is(join(Buffer.from('one ')), undefined);
	t.is(join(Buffer.from('line')), undefined);
	t.is(Buffer.from(join(Buffer.from('!\n'))!.bytes).toString(), 'one line!');
	t.deepEqual(join(Buffer.from('\n')), {bytes: Buffer.from(''), cutBytes: 0});
	for (let piece = 0; piece < 100; piece++) {
		join(Buffer.alloc(1000, 'x'));
	}

	const long = join(Buffer.from('end\n'))!;
	t.is(long.bytes.length, longestLine);
	t.is(long.cutBytes, 100_003 - longestLine);
	t.is(join(Buffer.from('next\n'))!.bytes.length, 4);
});
