import test from 'ava';
import {parseArguments} from '../../source/flags/parse-arguments.js';
import {splitArguments} from '../../source/flags/split-arguments.js';
import {checkArity} from '../../source/commands/arity.js';
import {suggest} from '../../source/flags/suggest.js';

const flags = {
	interactive: {type: 'boolean', shortFlag: 'i', description: ''},
	tty: {type: 'boolean', shortFlag: 't', description: ''},
	publish: {
		type: 'string', shortFlag: 'p', isMultiple: true, description: '',
	},
	network: {
		type: 'string', aliases: ['net'], isMultiple: true, description: '',
	},
	name: {type: 'string', description: ''},
	noTrunc: {type: 'boolean', description: ''},
	sigProxy: {type: 'boolean', default: true, description: ''},
} as const;

const split = (argv: readonly string[], isEndingAtFirst = false) => splitArguments(argv, flags, {name: 'run', flagsEndAtFirstArgument: isEndingAtFirst});
const parse = (...argv: readonly string[]) => parseArguments(argv, {flags, flagsEndAtFirstArgument: true}, 'run');

test('clusters of short flags, with a value at the end', t => {
	t.deepEqual(split(['-it']).flags, ['--interactive=true', '--tty=true']);
	t.deepEqual(split(['-p8000:80']).flags, ['--publish=8000:80']);
	t.deepEqual(split(['-itp', '80']).flags, ['--interactive=true', '--tty=true', '--publish=80']);
	t.deepEqual(split(['-p=80']).flags, ['--publish=80']);
});

test('long flags, their aliases and their values', t => {
	t.deepEqual(split(['--name', 'x', '--name=y', '--net', 'a', '--no-trunc']).flags, ['--name=x', '--name=y', '--network=a', '--no-trunc=true']);
	t.deepEqual(split(['--name', '--tty']).flags, ['--name=--tty'], 'the next argument is the value, whatever it looks like');
});

test('what follows the first argument is left alone where it belongs to the container', t => {
	t.deepEqual(split(['-i', 'alpine', 'ls', '-la', '--', '--help'], true), {flags: ['--interactive=true'], input: ['alpine', 'ls', '-la', '--', '--help']});
	t.deepEqual(split(['a', '-i', 'b']), {flags: ['--interactive=true'], input: ['a', 'b']});
	t.deepEqual(split(['--', '-i', 'b']), {flags: [], input: ['-i', 'b']});
	t.deepEqual(split(['-']), {flags: [], input: ['-']});
});

test('an unknown flag is named with the nearest ones', t => {
	const error = t.throws(() => split(['--nmae', 'x']));
	t.is(error.message, 'unknown flag: --nmae');
	t.like(error, {code: 'invalid', remedy: 'did you mean --name?'});
	t.throws(() => split(['-ix']), {message: 'unknown flag: -x'});
});

test('a value that is missing or no boolean is refused', t => {
	t.throws(() => split(['--name']), {message: 'flag needs a value: --name'});
	t.throws(() => split(['--tty=maybe']), {message: 'invalid value "maybe" for --tty'});
});

test('flags get their types and defaults', t => {
	t.deepEqual(parse('alpine').flags, {
		interactive: false, tty: false, publish: [], network: [], noTrunc: false, sigProxy: true,
	});
	t.like(parse('-t', '-p', '1', '-p2', '--sig-proxy=false', '--no-trunc', 'alpine').flags, {
		tty: true, publish: ['1', '2'], sigProxy: false, noTrunc: true,
	});
});

test('of a flag given twice the last counts', t => {
	t.is(parse('--name', 'a', '--name', 'b', 'x').flags.name, 'b');
});

test('values keep their quotes, commas, line feeds and numbers', t => {
	for (const value of ['"quoted"', '\'quoted\'', 'a,b', 'a\nb', '007', '-5', '', 'true', 'a=b']) {
		t.is(parse(`--name=${value}`, 'x').flags.name, value);
		t.deepEqual(parse('-p', value, 'x').flags.publish, [value]);
	}
});

test('help is asked for with -h, also where -h is another flag but stands alone', t => {
	t.true(parse('-h').help);
	t.true(parse('--help').help);
	t.false(parse('alpine', '--help').help);
	const hostname = {hostname: {type: 'string', shortFlag: 'h', description: ''}} as const;
	t.is(parseArguments(['-h', 'web'], {flags: hostname}, 'run').flags.hostname, 'web');
	t.true(parseArguments(['-h'], {flags: hostname}, 'run').help);
});

test('a usage says how many arguments there are', t => {
	t.notThrows(() => {
		checkArity('run', 'IMAGE [COMMAND] [ARG...]', ['a', 'b', 'c', 'd']);
	});
	t.throws(() => {
		checkArity('rename', 'CONTAINER NAME', ['a']);
	}, {message: 'holm rename needs NAME'});
	t.throws(() => {
		checkArity('stop', 'CONTAINER...', []);
	}, {message: 'holm stop needs CONTAINER'});
	t.throws(() => {
		checkArity('ps', '', ['x']);
	}, {message: 'holm ps takes no arguments, "x" is too many'});
});

test('refused flags are all named at once, whatever else is wrong', t => {
	const refused = Object.fromEntries(['--gpus', '--device', '--oom-kill-disable'].map(name => [name, {reason: `no ${name}`, remedy: 'leave it out'}]));
	const options = {name: 'run', refused, flagsEndAtFirstArgument: true};
	const refuse = (...argv: readonly string[]) => () => splitArguments(argv, {name: {type: 'string', description: ''}}, options);
	t.throws(refuse('--gpus', 'all', 'x', '--device', '/y'), {code: 'unsupported', message: '--gpus is not supported: no --gpus'});
	t.throws(refuse('--gpus=all', '--name', 'a', '--device', '--gpus', '--oom-kill-disable', 'x', '--device', '/y'), {
		message: '3 flags are not supported: --gpus (no --gpus), --device (no --device), --oom-kill-disable (no --oom-kill-disable)',
	});
	t.throws(refuse('--device', '/y', '--unknown'), {message: '--device is not supported: no --device'});
	t.throws(refuse('--device'), {message: '--device is not supported: no --device'});
	t.throws(refuse('--unknown', '--device', '/y'), {message: /^unknown flag/v});
});

test('the nearest words come first', t => {
	t.deepEqual(suggest('netwrok', ['network', 'image', 'networks']), ['network', 'networks']);
	t.deepEqual(suggest('vol', ['volume', 'image']), ['volume']);
	t.deepEqual(suggest('xyz', ['volume', 'image']), []);
});
