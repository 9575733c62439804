import {PassThrough} from 'node:stream';
import {setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {askBackground, backgroundOfColour, canAsk, createAnswers} from '../../../source/dashboard/frame/ask-background.js';

const white = '\u{1B}]11;rgb:ffff/ffff/ffff\u{1B}\\';
const attributes = '\u{1B}[?62;22c';

test('a colour is dark or light', t => {
	t.is(backgroundOfColour('rgb:ffff/ffff/eeee'), 'light');
	t.is(backgroundOfColour('rgb:0000/2b2b/3636'), 'dark');
	t.is(backgroundOfColour('rgb:f/f/f'), 'light');
	t.is(backgroundOfColour('rgba:00/00/00/ff'), 'dark');
	t.is(backgroundOfColour('pink'), undefined);
});

test('answers are taken out of the input wherever they are split', t => {
	const whole = `jk${white}G\u{1B}[A${attributes}q`;
	for (let at = 0; at <= whole.length; at++) {
		const answers = createAnswers();
		t.is(answers.take(whole.slice(0, at)) + answers.take(whole.slice(at)), 'jkG\u{1B}[Aq', String(at));
		t.is(answers.background(), 'light');
		t.true(answers.isComplete());
	}

	const after = createAnswers();
	t.is(after.take(`${attributes}\u{1B}`), '\u{1B}', 'a lone Esc is no longer held back');
	t.is(after.take('a\u{1B}]11;rgb:ff') + after.take('ff/ffff/ffff\u{7}b'), 'ab');
	const bell = createAnswers();
	t.is(bell.take('\u{1B}]11;rgb:00/00/00\u{7}x'), 'x');
	t.is(bell.background(), 'dark');
});

test('a terminal that would not understand the question is not asked', t => {
	t.deepEqual([{TERM: 'dumb'}, {}, {TERM: 'linux'}, {TERM: 'screen-256color', STY: '1'}, {TERM: 'screen'}].filter(environment => canAsk(environment)), []);
	t.true(canAsk({TERM: 'xterm-256color'}));
	t.true(canAsk({TERM: 'screen-256color', TMUX: 'x'}));
});

const terminal = () => {
	const stdin = Object.assign(new PassThrough(), {isTTY: true, setRawMode() {}});
	const stdout = Object.assign(new PassThrough(), {isTTY: true});
	return {stdin, stdout, asked: askBackground({stdin, stdout, environment: {TERM: 'xterm-256color'}, isWanted: true})};
};

test('a terminal is asked, and keys typed meanwhile are kept', async t => {
	const {stdin, stdout, asked} = terminal();
	t.regex(String(stdout.read()), /^\u{1B}\]11;\?/v); // eslint-disable-line no-control-regex, regexp/no-control-character -- it starts with one
	stdin.write(`j${white}${attributes}k`);
	const {background, input} = await asked;
	t.is(background, 'light');
	t.is(input.read(), 'jk');
});

test('a late answer is no input, and a lone Esc still is', async t => {
	const {stdin, asked} = terminal();
	const {background, input} = await asked;
	t.is(background, undefined);
	const heard: unknown[] = [];
	input.on('readable', () => {
		for (let chunk: unknown = input.read(); chunk !== null; chunk = input.read()) {
			heard.push(chunk);
		}
	});
	stdin.write('a\u{1B}');
	while (heard.length < 2) {
		await delay(5);
	}

	stdin.write(`b${white}c`);
	while (heard.length < 3) {
		await delay(5);
	}

	t.deepEqual(heard, ['a', '\u{1B}', 'bc']);
});
