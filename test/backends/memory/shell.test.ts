/* eslint-disable no-template-curly-in-string -- scripts, whose variables are the shell's */
import {execFile, execFileSync} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import type {Engine} from '../../../source/engine/engine.js';
import {configuration} from '../../engine/resources.js';

const findBusybox = (): string | undefined => {
	try {
		return execFileSync('sh', ['-c', 'command -v busybox'], {encoding: 'utf8'}).trim();
	} catch {
		return undefined;
	}
};

type Ended = {readonly exitCode: number; readonly stdout: string; readonly stderr?: string};

const logOf = async (engine: Engine, id: string) => {
	const decoder = new TextDecoder();
	const streams = {stdout: '', stderr: ''};
	for await (const {stream, bytes} of engine.logs(id)) {
		streams[stream] += decoder.decode(bytes, {stream: true});
	}

	return streams;
};

const runHere = async (script: string): Promise<Required<Ended>> => {
	const engine = createMemoryEngine();
	try {
		const {id} = await engine.createContainer(configuration({image: 'alpine/bash', command: ['sh', '-c', script], workingDirectory: '/mnt'}));
		await engine.startContainer(id);
		const {exitCode} = await engine.waitContainer(id);
		return {exitCode, ...await logOf(engine, id)};
	} finally {
		engine.close();
	}
};

/** A directory with busybox under the names of all its programs. */
let bin = '';

const runThere = async (script: string): Promise<Ended> => {
	const work = await mkdtemp(path.join(os.tmpdir(), 'holm-shell-'));
	try {
		const {promise, resolve} = Promise.withResolvers<Ended>();
		execFile(path.join(bin, 'sh'), ['-c', script], {cwd: work, env: {PATH: bin, HOME: '/root'}, timeout: 20_000}, (error, stdout) => {
			resolve({exitCode: typeof error?.code === 'number' ? error.code : 0, stdout});
		}).stdin?.end();
		return await promise;
	} finally {
		await rm(work, {recursive: true, force: true});
	}
};

/** What the contract and the demo use of a shell, and what people type. */
const scripts = [
	'echo one two   three; echo "one two   three"; echo \'$HOME\' "$HOME" $HOME; echo -n a; echo',
	String.raw`printf '\101\303\251\n'; printf "no end"`,
	'exit 7',
	'false',
	'true && echo yes || echo no; false && echo yes || echo no; false; echo $?',
	'x=1; while [ $x -lt 5 ]; do x=$((x+1)); [ $x = 3 ] && echo three; echo $x; done',
	'for i in a "b c" $HOME; do echo "<$i>"; done; for i in 1 2; do for j in a b; do echo $i$j; done; done',
	'if [ 1 -gt 2 ]; then echo a; elif [ -n "" ]; then echo b; else echo c; fi; if false; then :; fi; echo $?',
	'x=5; y=-6; echo $((2+3-4)) $((x+y)) $(($x - 1)) $((unset+1)) $((-7+x)) $(( 1 ))',
	'echo $(echo nested $(echo deep)); x=$(printf "a\\n\\n"); echo "[$x]"; x=$(exit 4); echo $?; echo "$(echo $?)" $()end',
	'x="a b  c"; echo $x "$x"; echo " $x"$x; y=; echo "[$y]" $y end; echo ""$y""',
	'sh -c \'echo $0 "$1" ${2} $3.\' name "b c" d',
	'X=outer; X=inner & wait; echo $X; x=1 y=$x; echo $y',
	'echo out; echo err >&2; echo both 2>&1; sh -c "echo a; echo b >&2" 2>/dev/null; echo hidden >/dev/null; sh -c "echo c >&2" 2>&1',
	'echo one > f; echo two >> f; cat f; cat < f; : > f; cat f; cat nothing 2>/dev/null || echo missing; cat < nothing 2>/dev/null || echo $?; > g; ls',
	'if true; then echo a; echo b; fi > f; for i in 1 2; do read x; echo "$i$x"; done < f; while read x; do echo "<$x>"; done < f',
	'echo a > x; echo b > y; cat x y - < x; ls; ls x; rm x; ls; [ -f y ] && echo there; [ -e x ] || echo gone',
	'mkdir -p a/b/c; ls a; cd a/b; cd ..; ls; rmdir b 2>/dev/null || echo full; rm -r b; ls; cd /nowhere 2>/dev/null || echo $?; cd; pwd',
	'echo x > f; ln -s f l; cat l; rm l; cat f; chmod 600 f; stat -c %a f; touch b .h; ls; ln -s f l; echo y > l; cat f',
	'seq 5 7; seq 1 12 > f; tail -n 2 f; tail -n 1 < f; printf "a\\nb" > f; tail -n 9 f',
	String.raw`printf "a b\n  c   d  e  \n" > f; while read x; do echo "<$x>"; done < f; read z < /dev/null; echo $? "[$z]"; printf "no end" > f; read x < f; echo $? "$x"`,
	'sleep 0.1 & wait; echo waited; sh -c "exit 5" & wait $!; echo $?; : & wait $!; echo $?; false & a=$!; true & wait $a; echo $?',
	'nosuchprogram 2>/dev/null; echo $?; /etc/passwd 2>/dev/null; echo $?; ./nosuch 2>/dev/null; echo $?',
	String.raw`echo "a\"b" 'a"b' a\ b "a\\b" "\$x" \" "a\
b" "\n" \* "*"`,
	'echo a;echo b&&echo c||echo d;echo e # comment\n# whole line\necho f \\\n  g; echo a#b',
	'test a = a && echo eq; test 1 -eq 01 && echo num; [ a != b ] && echo ne; [ ! -d /nope ] && echo nd; [ ! a = b ] && echo not; [ a ]; echo $?; [ ]; echo $?; [ 1 -eq x ] 2>/dev/null; echo $?',
	'for i in; do :; done; echo $?; for i in 1 2; do false; done; echo $?',
	'x=abc; echo "${x}def" "$x"def $xdef.; echo $ "$" a$',
	'command -v cd >/dev/null && echo has; command -v nosuch >/dev/null || echo lacks; exec sh -c "echo a; exit 3"; echo never',
	'echo } { if then; echo if; echo a=b; echo !',
	'echo "unterminated',
	'echo )',
	'if true; then echo unfinished',
	'echo a; ; echo b',
	'if ; then echo no; fi',
	'while true; do done',
	'$()',
	'$(exit 4); echo $?; x=$(exit 5); echo $?; x=1; echo $?',
	'n=0; for i in $(seq 1 150000); do n=$i; done; echo $n',
];

const busybox = findBusybox();

test.before(async () => {
	if (busybox !== undefined) {
		bin = await mkdtemp(path.join(os.tmpdir(), 'holm-busybox-'));
		execFileSync(busybox, ['--install', '-s', bin]);
	}
});

test.after.always(async () => {
	if (bin !== '') {
		await rm(bin, {recursive: true, force: true});
	}
});

const compared = busybox === undefined ? test.skip : test;

for (const [index, script] of scripts.entries()) {
	compared(`as busybox has it, ${index + 1}: ${script.split('\n', 1)[0]!.slice(0, 60)}`, async t => {
		const {exitCode, stdout} = await runHere(script);
		t.deepEqual({exitCode, stdout}, await runThere(script));
	});
}

/** What other shells have and this one refuses, with the words that it names. */
const foreign = {
	'case x in x) echo no;; esac': 'case',
	'f() { echo no; }; f': '(',
	'function f { echo no; }': 'function',
	'until true; do echo no; done': 'until',
	'[[ a = a ]] && echo no': '[[',
	'! echo no': '!',
	'{ echo no; }': '{',
	'(echo no)': '(',
	'((no))': '(',
	'cat <<END\nno\nEND': '<<',
	'cat <<< no': '<<',
	'echo no &> /dev/stdout': '&>',
	'echo `echo no`': '`',
	'echo "`echo no`"': '`',
	'x=a.b; echo ${x%.b}': '${x%.b}',
	'echo ${x:=no}': '${x:=no}',
	'echo ${x:-no}': '${x:-no}',
	'echo ${#HOME}': '${#HOME}',
	'echo "$@"': '$@',
	'echo $#': '$#',
	'echo {no,more}': '{no,more}',
	'echo [no]': '[no]',
	'echo *': '*',
	'echo no?': '?',
	'echo ~': '~',
	'x=~no': '~',
	'echo $\'no\'': '$\'',
	'IFS=: read a': 'IFS',
	'read a b': 'read a b',
	'A=no env': 'A= before a command',
	'set -e; echo no': 'set',
	'while true; do break; done': 'break',
	'export A=no': 'export',
	'exec > file': 'exec without a command',
	'command -V cd': 'command -V',
	'for i; do echo no; done': 'for',
	'echo $((x = 1))': '$((x = 1))',
	'echo $((2 * 3))': '$((2 * 3))',
	'echo $(( (1) ))': '$(((',
	'a=b; b=3; echo $((a))': 'a with the value b in $(( ))',
	'x=$(trap "echo no" TERM)': 'trap in a subshell',
	'echo no | cat': '|',
	'trap "echo no" EXIT': 'trap of EXIT',
	read: 'read without a name',
	'echo "a\\\\b" > f; read x < f; echo no': 'read of a backslash',
};

test('what the shell lacks is refused with its name', async t => {
	for (const [script, name] of Object.entries(foreign)) {
		const {exitCode, stdout, stderr} = await runHere(script);
		t.is(stdout, '', script);
		t.regex(stderr, /^sh: "[^\n]+" [^\n]*is not in the demo\n$/v, script);
		t.true(stderr.includes(`"${name}`), `${script}: ${stderr}`);
		t.is(exitCode, 2, script);
	}
});

test('programs and options that the demo lacks are refused', async t => {
	t.deepEqual(await runHere('grep x /etc/passwd'), {exitCode: 127, stdout: '', stderr: 'sh: grep: not in the demo\n'});
	for (const script of ['ls -l', 'cat -n /etc/passwd', 'rm -i x', 'tail -f x', 'ping -f localhost', 'ping', 'stat x', 'printf %x 1', 'test a -nt b', 'read -p x', 'chmod u+x x', 'env A=b', 'sh -x', 'wait -n', 'echo -e x', 'seq 3', 'ln a b', 'ps aux', 'sleep infinity', 'getent hosts x']) {
		const {exitCode, stdout, stderr} = await runHere(script);
		t.is(stdout, '', script);
		t.regex(stderr, /in the demo\n$/v, script);
		t.true(exitCode > 0, script);
	}
});

test('a container sees its neighbours', async t => {
	const engine = createMemoryEngine();
	t.teardown(engine.close);
	await engine.createNetwork({
		name: 'net', internal: false, labels: {}, driver: 'bridge',
	});
	const networks = [{network: 'net', aliases: []}];
	const {id: web} = await engine.createContainer(configuration({image: 'nginx:alpine', name: 'web', networks}));
	await engine.startContainer(web);
	const {id} = await engine.createContainer(configuration({
		image: 'alpine/bash', networks, command: ['sh', '-c', 'ping -c 1 web; ping -c 1 nobody; getent ahostsv4 web; ps'], workingDirectory: '/mnt',
	}));
	await engine.startContainer(id);
	await engine.waitContainer(id);
	const {stdout, stderr} = await logOf(engine, id);
	t.regex(stdout, /^PING web \([\d.]+\)[^\n]+\n64 bytes[\s\S]+ 1 packets received, 0% packet loss\n[\d.]+ +web\n {2}PID USER {5}TIME {2}COMMAND\n {4}1 root {6}0:00 sh -c [^\n]+\n {4}5 root {6}0:00 ps\n$/v);
	t.is(stderr, 'ping: bad address \'nobody\'\n');
});

test('what does not fit is said', async t => {
	t.deepEqual(await runHere('echo $('.repeat(20_000)), {exitCode: 2, stdout: '', stderr: 'sh: out of memory\n'});
});

test('hostile scripts end, and the engine goes on', async t => {
	const large = 's=0123456789abcdef; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do s=$s$s; done;';
	for (const script of [
		`echo ${'$('.repeat(3000)}`,
		'while :; do '.repeat(3000),
		`${large} while echo $s; do :; done > /big; rm /big; echo $?`,
		`${large} while :; do s=$s$s; done`,
		`${large} x=$(while :; do echo $s; done); echo $?`,
		'ln -s a /b; ln -s b /a; cat /a; cat /b/c; echo $?',
		`mkdir -p /${'d/'.repeat(3000)}; echo $?`,
	]) {
		const {exitCode} = await runHere(script);
		t.true(exitCode >= 0 && exitCode <= 255, script.slice(0, 60));
	}
});

test.serial('a pattern with many stars takes no time', async t => {
	const engine = createMemoryEngine();
	t.teardown(engine.close);
	t.deepEqual(await engine.images({filters: {reference: [`${'*a'.repeat(50)}*b`]}}), []);
	t.is((await engine.images({filters: {reference: ['alp*/b?s*']}})).length, 1);
});

/** Scripts that would run for ever, or for longer than a test. */
const endless = {
	'a trap that does not end': 'trap "while :; do :; done" USR1; while :; do :; done',
	'a script that runs itself': 'echo "sh /f" > /f; sh /f; sh /f; while :; do :; done',
	'a script that runs itself in the background': 'echo "sh /f & sh /f" > /f; sh /f; while :; do :; done',
	'nested loops': `${'for i in 0 1 2 3 4 5 6 7 8 9; do '.repeat(9)}:${'; done'.repeat(9)}`,
};

for (const [title, script] of Object.entries(endless)) {
	test.serial(`the engine goes on, and can end it: ${title}`, async t => {
		const engine = createMemoryEngine();
		t.teardown(engine.close);
		const {id} = await engine.createContainer(configuration({image: 'alpine/bash', command: ['sh', '-c', script]}));
		await engine.startContainer(id);
		await new Promise(resolve => {
			setTimeout(resolve, 500);
		});
		await engine.killContainer(id, 'SIGKILL');
		t.is((await engine.waitContainer(id)).exitCode, 137);
	});
}

test.serial('a process runs a limited number of programs', async t => {
	const {exitCode, stderr} = await runHere('echo "exec sh /f" > /f; sh /f');
	t.is(exitCode, 2);
	t.regex(stderr, /no more than 100 programs/v);
});

test.serial('a container has a limited number of processes', async t => {
	const {exitCode, stderr} = await runHere('echo "sh /f" > /f; sh /f');
	t.is(exitCode, 2);
	t.is(stderr, 'sh: can\'t fork: Resource temporarily unavailable\n');
});
