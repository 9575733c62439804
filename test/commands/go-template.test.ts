import test from 'ava';
import {compileTemplate} from '../../source/commands/print/go-template.js';

const data = {
	Name: 'web',
	Empty: '',
	Count: 3,
	List: ['a', 'b'],
	State: {Running: true, Pid: 7},
	Labels: {tier: 'db', 'com.example/x': 'y'},
	NetworkSettings: {Networks: {b: {IPAddress: '10.0.0.2'}, a: {IPAddress: '10.0.0.1'}}},
	Label: (key: unknown) => key === 'tier' ? 'db' : '',
};

const cases: ReadonlyArray<readonly [string, string]> = [
	['plain', 'plain'],
	['{{.Name}}', 'web'],
	['{{ .Name }}-{{.Count}}', 'web-3'],
	['{{.State.Pid}}', '7'],
	['{{.Missing}}', '<no value>'],
	['{{.State.Missing.Deeper}}', '<no value>'],
	['{{json .State}}', '{"Running":true,"Pid":7}'],
	['{{.State | json}}', '{"Running":true,"Pid":7}'],
	['{{.List}} {{.State}}', '[a b] map[Pid:7 Running:true]'],
	['{{join .List ", "}}', 'a, b'],
	['{{upper .Name}} {{.Name | title}} {{lower "ABC"}}', 'WEB Web abc'],
	['{{index .List 1}} {{index .Labels "com.example/x"}}', 'b y'],
	['{{index .NetworkSettings.Networks "a" "IPAddress"}}', '10.0.0.1'],
	['{{(index .NetworkSettings.Networks "b").IPAddress}}', '10.0.0.2'],
	['{{len .List}} {{len .Name}} {{len .Labels}}', '2 3 2'],
	['{{range .List}}<{{.}}>{{end}}', '<a><b>'],
	['{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}', '10.0.0.1 10.0.0.2 '],
	['{{range $k, $v := .NetworkSettings.Networks}}{{$k}}={{$v.IPAddress}};{{end}}', 'a=10.0.0.1;b=10.0.0.2;'],
	['{{range $i, $x := .List}}{{$i}}{{$x}}{{$.Name}}{{end}}', '0aweb1bweb'],
	['{{range .Empty}}x{{else}}none{{end}}', 'none'],
	['{{if .State.Running}}up{{else}}down{{end}}', 'up'],
	['{{if .Empty}}a{{else if eq .Count 3}}b{{else}}c{{end}}', 'b'],
	['{{if and .Name (not .Empty)}}yes{{end}}', 'yes'],
	['{{if or .Empty .Missing}}yes{{else}}no{{end}}', 'no'],
	['{{with .State}}{{.Pid}}{{end}}', '7'],
	['{{println .Name .Count}}', 'web 3\n'],
	['{{printf "%s:%d %5s|%-4s|" .Name .Count "x" "y"}}', 'web:3     x|y   |'],
	[String.raw`{{"a\tb\n"}}`, 'a\tb\n'],
	['{{"}}"}}', '}}'],
	['{{`raw\\n`}}', String.raw`raw\n`],
	['a {{- .Name -}} b', 'awebb'],
	['{{.Label "tier"}}', 'db'],
	['{{.Label "tier" | upper}}', 'DB'],
	['{{range .List}}{{if eq . "a"}}first{{else}}other{{end}}{{end}}', 'firstother'],
	['{{printf "%.2s|%6.2f|%05d|%-4d|%q|%x|%t|%5.1s|%%|%d" .Name .Count 42 7 "a" 255 true "xyz"}}', 'we|  3.00|00042|7   |"a"|ff|true|    x|%|%!d(MISSING)'],
	['{{slice .Name 1}} {{slice .Name 0 2}} {{slice .List 1}} {{slice .Name 0 2 | upper}}', 'eb we [b] WE'],
	['{{html "<a href=\\"x\\">&\'"}}', '&lt;a href=&#34;x&#34;&gt;&amp;&#39;'],
	['{{pad .Name 1 2}}|{{pad "" 1 2}}|{{urlquery "a b&c"}}', ' web  ||a+b%26c'],
	['a{{/* a comment with }} */}}b {{- /* trims */ -}} c', 'abc'],
	['{{$x := .Name}}{{$x}}{{$x = "other"}}{{$x}}', 'webother'],
	['{{$x := 1}}{{if .Name}}{{$x = 2}}{{$y := 3}}{{$x}}{{$y}}{{end}}{{$x}}', '232'],
	['{{$x := 1}}{{range .List}}{{$x := .}}{{$x}}{{end}}{{$x}}', 'ab1'],
	['{{index .Labels "nope"}}|{{index .NetworkSettings.Networks "c" "IPAddress"}}', '|'],
	['{{.constructor}}{{.State.__proto__}}', '<no value><no value>'],
];

for (const [template, expected] of cases) {
	test(`renders ${template}`, t => {
		t.is(compileTemplate(template)(data), expected);
	});
}

const refusals: ReadonlyArray<readonly [string, string]> = [
	['a {{.Name', 'template: character 3: {{ without }}'],
	['{{}}', 'template: character 3: missing value'],
	['{{nope .Name}}', 'template: character 3: there is no function nope'],
	['{{.Name}', 'template: character 8: unexpected "}"'],
	['{{if .Name}}x', 'template: character 3: {{if}} without {{end}}'],
	['{{end}}', 'template: character 1: {{end}} without {{if}}, {{range}} or {{with}}'],
	['{{(.Name}}', 'template: character 3: ( without )'],
	['{{.Name)}}', 'template: character 8: unexpected ")"'],
	[String.raw`{{"\q"}}`, String.raw`template: character 3: unknown escape \q`],
	['{{if .Name}}a{{else}}b{{else}}c{{end}}', 'template: character 3: {{if}} with a second {{else}}'],
];

for (const [template, message] of refusals) {
	test(`refuses ${template}`, t => {
		t.throws(() => compileTemplate(template), {message, name: 'HolmError'});
	});
}

test('a slice beyond the end is refused', t => {
	t.throws(() => compileTemplate('{{slice .Name 2 9}}')(data), {message: 'template: slice bounds 2 to 9 are not within 3'});
	t.throws(() => compileTemplate('{{slice .Count 1}}')(data), {message: 'template: cannot slice 3'});
});

test('a variable is known only in its block', t => {
	t.throws(() => compileTemplate('{{if .Name}}{{$y := 1}}{{end}}{{$y}}')(data), {message: 'template: character 33: undefined variable $y'});
	t.throws(() => compileTemplate('{{$y = 1}}')(data), {message: 'template: character 3: undefined variable $y'});
});

test('a variable that is not there is refused when it is used', t => {
	t.throws(() => compileTemplate('{{$x}}')(data), {message: 'template: character 3: undefined variable $x'});
});

test('a strict template names the fields that there are', t => {
	const error = t.throws(() => compileTemplate('{{.Nmae}}')({Name: 'x', ID: 'y'}, {strict: true}));
	t.like(error, {message: 'template: character 3: there is no field .Nmae', remedy: 'there are .Name .ID'});
});
