import test from 'ava';
import {clockText, parseTime} from '../../../source/dashboard/logs/clock.js';
import {shownTexts} from '../../../source/dashboard/logs/forms.js';
import type {LogLine} from '../../../source/dashboard/logs/log-buffer.js';
import {columnsOf, structureOf} from '../../../source/dashboard/logs/structure.js';

const now = Date.UTC(2026, 10, 30, 12);
const clock = {isUtc: true, now};
const line = (text: string, given: Partial<LogLine> = {}): LogLine => ({source: 0, stream: 'stdout', timestamp: '2026-11-30T10:01:02.345678901Z', text, ...given});
const columns = (text: string) => shownTexts(line(text), 'columns', clock).map(shown => shown.text).join('\n');
const pretty = (text: string) => shownTexts(line(text), 'pretty', clock).map(shown => shown.text);

test('the columns of structured lines: time, level, message, rest', t => {
	t.is(columns('{"level":30,"time":1796032862345,"pid":1,"msg":"listening"}'), `${clockText(1_796_032_862_345, clock).padStart(14)} INFO  listening pid=1`);
	t.is(columns('{"level":"error","ts":1796032862.345,"caller":"main.go:12","msg":"it broke"}'), `${clockText(1_796_032_862_345, clock).padStart(14)} ERROR it broke caller=main.go:12`);
	t.is(columns('time="2026-11-30T10:01:02Z" level=warning msg="a \\"quoted\\" word" host=db'), '  10:01:02.000 WARN  a "quoted" word host=db');
	t.is(columns('ts=2026-11-29T10:01:02+01:00 caller=main.go:12 level=info msg=ready'), '11-29 09:01:02 INFO  ready caller=main.go:12');
	// Without a time of its own that of the engine; an unknown level as it was written.
	t.is(columns('{"level":"audit","message":"x","deep":{"a": [1, "b"]}}'), '  10:01:02.345 audit x deep={"a":[1,"b"]}');
	// Without a zone the digits stay.
	t.is(columns('{"asctime":"2026-11-30 14:01:02,345","levelname":"CRITICAL","message":"x"}'), '  14:01:02,345 FATAL x');
	t.is(columns('{"msg":"handled","status":503}'), '  10:01:02.345 ERROR handled status=503');
});

test('other lines look the same in every form', t => {
	for (const text of ['', 'plain', '[1]', '{not json}', '{"cut":"off', 'a=b', 'E1130 10:01:02.345678 1 a.go:1] err="x" n=1', 'x = 1 and y = 2', 'a=b c d e f', '"a"=1 b=2', 'a="open b=1']) {
		t.is(columns(text), text);
		t.deepEqual(pretty(text), [text]);
	}

	t.deepEqual(shownTexts(line('{"cut', {cutBytes: 12}), 'pretty', clock), [{text: '{"cut [12 more bytes]', styles: [{at: 5, role: 'dim'}]}]);
});

test('pretty JSON keeps numbers, order and equal keys, and breaks lines inside strings', t => {
	t.deepEqual(pretty('{"id":12345678901234567890,"a":[],"b":{},"a":[1,{"x":null}],"s":"\\u001b[2J"}'), [
		'{',
		'  "id": 12345678901234567890,',
		'  "a": [],',
		'  "b": {},',
		'  "a": [',
		'    1,',
		'    {',
		'      "x": null',
		'    }',
		'  ],',
		String.raw`  "s": "\u001b[2J"`,
		'}',
	]);
	t.deepEqual(pretty(String.raw`{"stack":"Error: x\n    at a\u001b[31m (b.js:1)\n"}`), ['{', '  "stack": "Error: x', '        at a (b.js:1)"', '}']);
});

test('hostile structured lines are bounded and have no effect on others', t => {
	const started = performance.now();
	const deep = `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
	t.true(pretty(deep).length <= 501);
	t.regex(pretty(deep).at(-1)!, /^\[\d+ more rows\]$/v);
	t.true(columns(deep).length < 30_000);
	const objects = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
	t.true(pretty(objects).every(row => row.length < 1000));
	const long = (length: number) => `{"msg":"${'x'.repeat(length)}"}`;
	t.is(structureOf(long(60_000))?.fields.length, 1);
	t.is(structureOf(long(10_000_000)), undefined);
	for (const piece of ['"\\', 'a=', 'a="', '"a":1,', 'a= ', 'key=value ', '\\"']) {
		structureOf(piece.repeat(9000));
		structureOf(`{${piece.repeat(9000)}}`);
	}

	t.true(performance.now() - started < 20_000);
	t.is(columns('{"__proto__":{"level":"error"},"constructor":"x","msg":"m"}'), '  10:01:02.345       m __proto__={"level":"error"} constructor=x');
	t.is(columns('__proto__=1 level=constructor msg=m'), '  10:01:02.345 const m __proto__=1');
	t.false('level' in {});
	// Escape sequences and line breaks inside fields.
	t.is(columns(String.raw`{"level":"info","msg":"a\u001b[31mred\u001b[0m\u001b]52;c;ZXZpbA==\u0007\nb\u202e","k\u001b[2J":"v"}`), String.raw`  10:01:02.345 INFO  ared\nb\u202e k=v`);
});

test('of a structured line the known fields are picked, whatever their order', t => {
	t.like(columnsOf(structureOf('{"a":1,"message":"m","level":"warn","@timestamp":"t"}')!), {time: 't', level: 'warning', message: 'm', rest: [{key: 'a', text: '1'}]});
	t.like(columnsOf(structureOf('a=1 b=2')!), {message: '', rest: [{key: 'a', text: '1'}, {key: 'b', text: '2'}]});
});

test('times are read with their zone, and shown with their day if it is another', t => {
	t.is(parseTime('2026-11-30T10:01:02.5Z'), Date.UTC(2026, 10, 30, 10, 1, 2, 500));
	t.is(parseTime('2026-11-30 10:01:02,5+0130'), Date.UTC(2026, 10, 30, 8, 31, 2, 500));
	for (const text of ['1796032862', '1796032862.000', '1796032862000', '1796032862000000', '1796032862000000000']) {
		t.is(parseTime(text), 1_796_032_862_000, text);
	}

	for (const text of ['', 'now', '12', '2026-11-30 10:01:02', '2026-99-30T10:01:02Z', '99999999999999999999999']) {
		t.is(parseTime(text), undefined, text);
	}

	t.is(clockText(now, clock), '12:00:00.000');
	t.is(clockText(now - 86_400_000, clock), '11-29 12:00:00');
	t.is(clockText(NaN, clock), '');
	t.is(clockText(1e300, clock), '');
});
