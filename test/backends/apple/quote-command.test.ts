import {spawn} from 'node:child_process';
import {text} from 'node:stream/consumers';
import test from 'ava';
import {quoteCommand, quoteWord, startMark} from '../../../source/backends/apple/quote-command.js';
import {HolmError} from '../../../source/engine/errors.js';
import {findCommand} from '../../../source/host/setup/programs.js';

const shells = await Promise.all(['sh', 'bash', 'zsh', 'dash', 'fish'].map(async name => ({name, file: await findCommand(name)})));

/** Runs a line as SSH's server does: by the login shell, with next to nothing in its environment. */
const run = async (shell: string, line: string, input = '') => {
	const child = spawn(shell, ['-c', line], {env: {HOME: '/nonexistent', PATH: ''}, stdio: 'pipe', timeout: 10_000});
	child.stdin.on('error', () => undefined).end(input);
	const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
	return {stdout, stderr};
};

const words: readonly string[] = [
	'', ' ', '-n', '--', 'plain', 'two words', '\'', '"', '\\', '\\\\', String.raw`\n`, String.raw`\'`, '\'\'', '\'\\\'', 'a\'b\\c"d', '$HOME', String.raw`\${x}`, '$(id)', '`id`', '!', '!!', '*', '?', '[a]', '{a,b}', '~', '#', ';', '&', '|', '<', '>', '(', ')',
	'a\nb', '\n', 'ends\n', '\\\n', '\t', '\r', '=', 'a=b', '%s', '^', '\u{1B}[31m', '\u{7F}', 'ä', '漢字', '👍', 'x'.repeat(5000),
];

/** Bytes that mean something to some shell, in every order that chance gives. */
const hostile = (seed: number): string => {
	const letters = [...'\'"\\$`!*?[]{}()<>|&;#~^=%, \n\t\rabä'];
	let word = '';
	for (let count = 0; count < 60; count++) {
		seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
		word += letters[seed % letters.length];
	}

	return word;
};

for (const {name, file} of shells) {
	const register = file === undefined ? test.skip : test;
	register(`words and variables survive ${name}${file === undefined ? ` (there is no ${name} here)` : ''}`, async t => {
		const given = [...words, ...Array.from({length: 40}, (_, index) => hostile(index + 1))];
		const print = ['/usr/bin/env', 'printf', '%s\\0', ...given];
		const {line, input} = quoteCommand(print);
		t.is(input, '');
		const {stdout, stderr} = await run(file!, line);
		t.is(stderr, '');
		const [mark = '', ...rest] = stdout.split('\n');
		t.regex(mark, new RegExp(`^${startMark}\\d+$`, 'v'));
		t.deepEqual(rest.join('\n').split('\0'), [...given, '']);

		const long = [...given, 'y'.repeat(40_000)];
		const longer = quoteCommand(['/usr/bin/env', 'printf', '%s\\0', ...long], {environment: {LONG: 'z'.repeat(10_000)}});
		t.true(longer.line.length < 300);
		const ended = await run(file!, longer.line, `${longer.input}the rest`);
		t.is(ended.stderr, '');
		t.deepEqual(ended.stdout.slice(ended.stdout.indexOf('\n') + 1).split('\0'), [...long, '']);

		const value = words.join('');
		const named = quoteCommand(['/usr/bin/env', 'sh', '-c', 'printf "%s\\0" "$ONE" "$NO_COLOR" "$CONTAINER_DEBUG"; cat'], {environment: {ONE: value}});
		const output = (await run(file!, named.line, 'typed')).stdout;
		t.deepEqual(output.slice(output.indexOf('\n') + 1).split('\0'), [value, '1', '', 'typed']);

		t.is((await run(file!, quoteCommand(['/no/such/program']).line)).stdout, 'holm-absent\n');
	});
}

test('what cannot be a word or a variable is refused', t => {
	for (const request of [() => quoteCommand(['a\0b']), () => quoteCommand(['a'], {environment: {'A B': 'x'}}), () => quoteCommand(['a'], {environment: {A: '\0'}})]) {
		const error = t.throws(request, {instanceOf: HolmError});
		t.is(error.code, 'invalid');
	}

	t.is(quoteWord(''), '\'\'');
	t.is(quoteWord('a b'), '\'a b\'');
});
