import {setImmediate as turn} from 'node:timers/promises';
import test from 'ava';
import {choose} from './choose.js';
import {must, type Case, type Host, type HostKind} from './host.js';
import {report} from './report.js';
import {visit} from './visit.js';

const kindOf = (name: string, told: string[], change: Partial<HostKind> = {}): HostKind => ({
	name,
	describe: `the host ${name}`,
	obstacle: async () => undefined,
	async open() {
		told.push(`open ${name}`);
		return {
			holm: ['holm'],
			run: async argv => ({stdout: `${argv.join(' ')}\n`, stderr: '', exitCode: argv[0] === 'false' ? 1 : 0}),
			async close() {
				told.push(`close ${name}`);
			},
		};
	},
	...change,
});

const caseOf = (name: string, run: (host: Host) => Promise<void>, change: Partial<Case> = {}): Case => ({
	name, describe: `the case ${name}`, run, ...change,
});

const pass = async () => {};

const caseNamesOf = (chosen: ReturnType<typeof choose>) => chosen.map(({kind, cases}) => [kind.name, ...cases.map(({name}) => name)]);

test('words choose hosts and cases, and an unknown one is refused with those that there are', t => {
	const kinds = [kindOf('a', []), kindOf('b', [])];
	const cases = [caseOf('one', pass), caseOf('two', pass, {hosts: ['b']})];
	t.deepEqual(caseNamesOf(choose([], kinds, cases)), [['a', 'one'], ['b', 'one', 'two']]);
	t.deepEqual(caseNamesOf(choose(['b'], kinds, cases)), [['b', 'one', 'two']]);
	t.deepEqual(caseNamesOf(choose(['two'], kinds, cases)), [['b', 'two']]);
	t.deepEqual(caseNamesOf(choose(['one', 'a'], kinds, cases)), [['a', 'one']]);
	t.throws(() => choose(['three', 'a'], kinds, cases), {message: 'nothing is called three'});
	t.throws(() => choose(['a', 'two'], kinds, cases), {message: /none of the cases is for these hosts/v});
});

const visited = async (...[kinds, cases]: [readonly HostKind[], readonly Case[]]) => {
	const outcomes = await visit(choose([], kinds, cases), {say() {}, signal: new AbortController().signal});
	return {outcomes, results: outcomes.map(({host, what, result, reason}) => [host, what, result, ...reason === undefined ? [] : [reason]].join(' '))};
};

test('each host is opened once, its cases continue after a failure, and it is closed', async t => {
	const told: string[] = [];
	const {results} = await visited([kindOf('a', told), kindOf('b', told)], [
		caseOf('bad', async host => {
			await must(host, ['false', 'x']);
		}),
		caseOf('good', async host => {
			t.is(await must(host, ['echo', 'x']), 'echo x');
		}),
	]);
	t.deepEqual(told, ['open a', 'close a', 'open b', 'close b']);
	t.deepEqual(results, ['a', 'b'].flatMap(name => [`${name} open passed`, `${name} bad failed false x: exit status 1: false x`, `${name} good passed`, `${name} close passed`]));
});

test('an unavailable host is reported with its reason, and the others are visited', async t => {
	const told: string[] = [];
	const {outcomes, results} = await visited([
		kindOf('a', told, {obstacle: async () => 'needs root'}),
		kindOf('b', told, {
			async open() {
				throw new Error('no disk');
			},
		}),
		kindOf('c', told),
	], [caseOf('one', pass)]);
	t.deepEqual(results, ['a one skipped needs root', 'b open failed no disk', 'b one skipped the host did not open', 'c open passed', 'c one passed', 'c close passed']);
	const table = report(outcomes);
	t.regex(table, /^a {2}– one +the case one: needs root$/mv);
	t.regex(table, /^ +– one +the case one: the host did not open$/mv);
	t.true(table.endsWith('3 passed, 1 failed, 2 skipped'));
});

test('a case that does not end costs its host, and the next one has a new host', async t => {
	const told: string[] = [];
	const {results} = await visited([kindOf('a', told)], [
		caseOf('endless', async () => new Promise<void>(() => {}), {limitMs: 5}),
		caseOf('next', pass),
	]);
	t.deepEqual(results, ['a open passed', 'a endless failed not done within 0.005 s', 'a close passed', 'a open passed', 'a next passed', 'a close passed']);
	t.deepEqual(told, ['open a', 'close a', 'open a', 'close a']);
});

test('a host that does not answer after a failed case is replaced', async t => {
	const told: string[] = [];
	const kind = kindOf('a', told);
	const {results} = await visited([{
		...kind,
		async open(say) {
			const host = await kind.open(say);
			let isBroken = false;
			return {
				...host,
				async run(argv) {
					isBroken ||= argv[0] === 'break';
					if (isBroken) {
						throw new Error('no answer');
					}

					return host.run(argv);
				},
			};
		},
	}], [
		caseOf('fatal', async host => {
			await host.run(['break']);
		}),
		caseOf('next', pass),
	]);
	t.deepEqual(results, ['a open passed', 'a fatal failed no answer', 'a close passed', 'a open passed', 'a next passed', 'a close passed']);
});

test('an interruption ends the case that runs and closes the host', async t => {
	const told: string[] = [];
	const interruption = new AbortController();
	const outcomes = await visit(choose([], [kindOf('a', told)], [
		caseOf('endless', async () => {
			await turn();
			interruption.abort();
			await new Promise<void>(() => {});
		}),
		caseOf('next', pass),
	]), {say() {}, signal: interruption.signal});
	t.deepEqual(told, ['open a', 'close a']);
	t.deepEqual(outcomes.map(({what, result}) => `${what} ${result}`), ['open passed', 'endless failed', 'close passed', 'next skipped']);
});
