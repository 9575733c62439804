import test from 'ava';
import {groups, sections} from '../../source/commands/command-table.js';
import {parseArguments} from '../../source/flags/parse-arguments.js';
import {parseCommandLine} from '../../source/flags/parse-command-line.js';

test('without flags every command gets the values that meow gives', async t => {
	const tables = [...Object.values(sections), ...Object.values(groups).map(({entries}) => entries)];
	for (const [name, {load}] of tables.flatMap(entries => Object.entries(entries))) {
		const {command} = await load();
		for (const argv of [[], ['one', 'two']]) {
			t.deepEqual(await parseCommandLine(argv, command, name), parseArguments(argv, command, name), name);
		}
	}
});

const command = {
	usage: '[ARG...]',
	flags: {
		all: {type: 'boolean', description: ''},
		proxy: {type: 'boolean', default: true, description: ''},
		pull: {type: 'string', default: 'missing', description: ''},
		hostname: {type: 'string', shortFlag: 'h', description: ''},
		label: {type: 'string', isMultiple: true, description: ''},
	},
} as const;

test('flags, a lone dash and two dashes are parsed as meow does', async t => {
	for (const argv of [['x', '--all'], ['-h'], ['-h', 'web'], ['--', '--all'], ['-'], ['x', '--label', 'a', '--proxy=false']]) {
		t.deepEqual(await parseCommandLine(argv, command, 'x'), parseArguments(argv, command, 'x'), argv.join(' '));
	}

	t.deepEqual(await parseCommandLine(['sh', '-c', '--all'], {...command, flagsEndAtFirstArgument: true}, 'x'), {
		help: false, flags: {all: false, proxy: true, pull: 'missing', label: []}, input: ['sh', '-c', '--all'],
	});
	await t.throwsAsync(parseCommandLine(['x', '--al'], command, 'x'), {message: 'unknown flag: --al'});
});
