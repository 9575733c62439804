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
	'echo one two   three; echo "one two   three"; echo \'$HOME\' "$HOME" $HOME',
	String.raw`echo -n a; echo -e "b\tc"; echo -e "\x41\0101\n"`,
	String.raw`printf "%s-%03d|%5s|%-5s|\n" a 7 b c d 8 e f; printf "100%%\n"; printf "no end"`,
	String.raw`printf '\101\x42\n'`,
	'exit 7',
	'false',
	'true && echo yes || echo no; false && echo yes || echo no; ! false; echo $?',
	'(exit 3); echo $?; { echo group; false; }; echo $?',
	'set -e; echo before; false; echo after',
	'set -e; if false; then :; fi; false || true; ! true; while false; do :; done; echo still',
	'set -e; set +e; false; echo still; set -e; { false; echo in; } || echo caught; (false); echo never',
	'x=1; while [ $x -lt 5 ]; do x=$((x+1)); [ $x = 3 ] && continue; echo $x; done; until [ $x = 0 ]; do x=$((x-1)); [ $x = 2 ] && break; done; echo $x',
	'for i in a "b c" $HOME *; do echo "<$i>"; done',
	'for i in 1 2; do for j in a b; do [ $j = b ] && continue 2; echo $i$j; done; done',
	'if [ 1 -gt 2 ]; then echo a; elif [ -n "" ]; then echo b; else echo c; fi; if false; then :; fi; echo $?',
	'echo $((2+3*4)) $((10/3)) $((10%3)) $(( (1+2)*3 )) $((1<2 && 2<1)) $((-7/2)) $((!0 + (1==1)))',
	'x=5; y=" 6 "; echo $((x*2)) $(($x+y)) $((unset+1)); echo $((1/0)); echo never',
	'echo $(echo nested $(echo deep)); x=$(printf "a\\n\\n"); echo "[$x]"; x=$(exit 4); echo $?; echo "$(echo $?)" $()end',
	'x="a b  c"; echo $x "$x"; echo " $x"$x; y=; echo "[$y]" $y end; echo ""$y"" | cat',
	'sh -c \'echo $# "$1" $0; for i in "$@"; do echo "<$i>"; done; for i in $*; do echo "($i)"; done; echo "a${10}b"\' name "b c" d; sh -c \'for i in "$@"; do echo never; done\'',
	'X=outer; { X=inner; }; echo $X; (X=sub); echo $X; echo pipe | { read X; }; echo $X',
	'echo ${Q:-default} ${Q-d} ${Q:+set}.; Q=; echo "${Q:-empty}" "${Q-kept}" "${Q+set}"; Q="a b"; echo ${Q:-c} "${Q:+x  y}" ${R:-"$Q"}',
	'A=1 B=2 sh -c \'echo $A $B\'; echo "[$A]"; export C=3 D; sh -c \'echo $C\'; exec sh -c \'echo $C; exit 3\'; echo never',
	'echo out; echo err >&2; echo both 2>&1; { echo a; echo b >&2; } 2>/dev/null; echo hidden >/dev/null; { echo c >&2; } 2>&1 | cat',
	'echo one > f; echo two >> f; cat f; cat < f; : > f; cat f; cat nothing 2>/dev/null || echo missing; cat < nothing 2>/dev/null || echo $?; > g; ls',
	'echo a > x; echo b > y; cat x y - < x; ls; ls x; rm x; ls; [ -f y ] && echo there; [ -e x ] || echo gone',
	'mkdir -p a/b/c; ls a; cd a/b; cd ..; ls; cd - >/dev/null; ls; cd a; rmdir b 2>/dev/null || echo full; rm -r b; ls; cd /nowhere 2>/dev/null || echo $?',
	'echo x > f; ln -s f l; cat l; [ -L l ] && echo link; rm l; cat f; chmod 600 f; stat -c %a f; chmod +x f; [ -x f ] && echo program',
	'touch b a c .h; echo *; echo ?; echo "*" \\* b\\*; echo z*; mkdir d; touch d/e d/f; echo */* d/?; echo ~/x "~"',
	'seq 3; seq 5 7; seq 12 | tail -n 2; printf "a\nb" | tail; seq 3 > f; tail -n 1 f',
	String.raw`printf "a b\nc\n" | while read x y; do echo "$y-$x"; done; read z < /dev/null; echo $? "[$z]"; echo 'a\b' | { read -r x; echo "$x"; }`,
	'echo "1 2 3" | { read a b; echo "$b $a"; }; printf "no end" | { read x; echo "$? $x"; }',
	'while :; do echo y; done | { read x; echo $x; }; echo a | cat | cat; (exit 2) | true; echo $?; true | (exit 2); echo $?',
	'sleep 0.1 & wait; echo waited; (sleep 0.1; echo later) & echo now; wait; sh -c "exit 5" & wait $!; echo $?',
	'trap "echo bye" EXIT; echo hi; exit 4',
	'trap "echo bye; exit 6" EXIT; (exit 4)',
	'trap "echo caught" USR1; kill -USR1 $$; echo after; trap - USR1; trap "" TERM; kill $$; echo alive',
	'sleep 100 & kill $!; wait $!; echo $?; kill -0 $$; echo $?',
	'nosuchprogram 2>/dev/null; echo $?; /etc/passwd 2>/dev/null; echo $?; ./nosuch 2>/dev/null; echo $?',
	String.raw`echo "a\"b" 'a"b' a\ b "a\\b" "\$x" \" "a\
b" "\n"`,
	'echo a;echo b&&echo c||echo d;echo e # comment\n# whole line\necho f \\\n  g; echo a#b',
	'test a = a && echo eq; test 1 -eq 01 && echo num; [ a != b ] && echo ne; [ ! -d /nope ] && echo nd; [ ! a = b ] && echo not; [ a ]; echo $?; [ ]; echo $?; [ 1 -eq x ] 2>/dev/null; echo $?',
	'while :; do break; done; echo $?; for i in; do :; done; echo $?; for i in 1 2; do false; done; echo $?',
	'x=abc; echo "${x}def" "$x"def $xdef.; echo $ "$" a$',
	'command -v cd >/dev/null && echo has; command -v nosuch >/dev/null || echo lacks',
	'echo } { if then; echo if; echo a=b; echo !',
	'echo "unterminated',
	'echo )',
	'(echo a) echo b',
	'if true; then echo unfinished',
	'echo a | | cat',
	'echo a; ; echo b',
	'if ; then echo no; fi',
	'while true; do done',
	'{ }',
	'( )',
	'$()',
	'trap "echo caught" USR1; { sleep 0.3; kill -USR1 $$; } & wait; echo $?',
	'for i in 1 2; do break | true; echo $i; done; for i in 1 2; do (continue); echo $i; done; for i in 1 2; do for j in a b; do break 5; done; echo no; done; break; echo $?; continue 3; echo $?',
	'for i in 1 2; do break 0; echo never; done; echo never',
	'(exit 7) & wait $!; echo $?; (exit 7) & a=$!; (exit 8) & wait $a; echo $?; wait $!; echo $?; : & wait $!; echo $?; { while :; do :; done; } & kill $!; wait $!; echo $?',
	'$(exit 4); echo $?; x=$(exit 5); echo $?; x=1; echo $?',
	'echo $((9223372036854775807+1)) $((9007199254740993)) $((9223372036854775807*3)) $((0x10)) $((010)) $((+5)) $((1--1)) $((- -1)); x=0x1f; y=-3; echo $((x)) $(($x+1)) $((y))',
	'a=1 b=$a; echo $b; x=4 export y=1; echo $x $y; x=3 :; echo $x; x=5 true; echo $x; x=6 read z < /dev/null; echo $x; cd /tmp; HOME=/ cd; pwd',
	'x="a b  *"; export y=$x z="$x"; echo "$y|$z"; export v=~ w=a:~/b; echo $v $w; export "q=$x"; echo "$q"; export r; echo "[$r]"',
	'x=~; echo $x; x=a:~/b:~; echo $x; x="~"; echo $x; x=~$x; echo $x; x=a:~"b"; echo $x; x=a~; echo $x',
	String.raw`printf '  a  b   c  d  \n x\\ y z\\ \n a\\\nb c\n  q  \nlast\\' | { read x y; echo "[$x][$y]"; read x y; echo "[$x][$y]"; read x y; echo "[$x][$y]"; read; echo "[$REPLY]"; read x; echo "[$x]$?"; }`,
	String.raw`printf ' a\\ b  c \\\n\n' | { read -r x y; echo "[$x][$y]"; read -r x y; echo "[$x][$y]$?"; }`,
	'cd /; cd /tmp; cd -; cd - > /dev/null; pwd',
	'n=0; for i in $(seq 150000); do n=$i; done; echo $n; set -e; echo $(seq 150000) | tail -n 1 > /dev/null',
	'printf "%d|" abc; echo $?; printf "%d|" 12x; echo $?; printf; echo $?; printf -- "%s\\n" a; printf "%s|" -- a; printf "%d %d %d %d\\n" 0x10 010 +5 " 7"; printf "%05d %5d %-5d|\\n" -7 -7 -7; printf "%d\\n" 9223372036854775807; printf "a\\cb"; echo',
	String.raw`echo -e "a\cb"; echo; echo -E "a\tb"; echo -eE "a\tb"; echo -Ee "a\\\\cb"; echo "a\cb"`,
	'ln -s loop loop; echo x > loop; echo $?; ln -s target link; echo x > link; cat target; ls; mkdir d; ln -s ../deep d/up; echo y > d/up; cat deep',
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
	'f() { echo no; }; f': '()',
	'function f { echo no; }': 'function',
	'[[ a = a ]] && echo no': '[[',
	'cat <<END\nno\nEND': '<<',
	'cat <<< no': '<<',
	'echo no &> /dev/stdout': '&>',
	'echo `echo no`': '`',
	'echo "`echo no`"': '`',
	'x=a.b; echo ${x%.b}': '${x%',
	'echo ${x:=no}': '${x:',
	'echo ${#HOME}': '${#H',
	'echo {no,more}': '{no,more}',
	'echo [no]': '[no]',
	'echo ~no': '~no',
	'echo $\'no\'': '$\'',
	'IFS=: read a b': 'IFS',
	'set -u; echo no': 'set -u',
	'((no))': '((',
	'for i; do echo no; done': 'for',
	'exec > file': 'exec without a command',
	'echo $((x = 1))': '= in $(( ))',
	'echo $((x ? 1 : 2))': '? in $(( ))',
	'echo $((x++))': '++ in $(( ))',
	'echo $((--x))': '-- in $(( ))',
	'echo $((2 ** 3))': '** in $(( ))',
	'echo $((~1))': '~ in $(( ))',
	'a=b; b=3; echo $((a))': 'a with the value b in $(( ))',
	'a=1+2; echo $((a))': 'a with the value 1+2 in $(( ))',
	'x=~no': '~no',
	'x=a:~no/b': '~no',
	'true | trap "echo no" EXIT': 'trap in a subshell',
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
	for (const script of ['ls -S', 'cat -n /etc/passwd', 'rm -i x', 'tail -f x', 'ping -f localhost', 'stat x', 'printf %x 1', 'test a -nt b', 'read -p x', 'chmod u+x x', 'env A=b', 'sh -x', 'wait -n', 'export -n A', 'curl -I http://x', 'wget -c http://x', 'id -u']) {
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
		image: 'alpine/bash', networks, command: ['sh', '-c', 'wget -qO- http://web; curl -s web/no; curl web:81; wget -q http://web/index.html && ls -l; ping -c 1 web; ping -c 1 nobody; ps; kill 1; kill 999'], workingDirectory: '/mnt',
	}));
	await engine.startContainer(id);
	await engine.waitContainer(id);
	const {stdout, stderr} = await logOf(engine, id);
	t.regex(stdout, /Welcome to nginx![\s\S]*\n404 Not Found\n-rw-r--r-- {4}1 root {5}root +\d+ [^\n]+ index\.html\nPING web \([\d.]+\)[^\n]+\n64 bytes[\s\S]+ 1 packets received, 0% packet loss\n {2}PID USER {5}TIME {2}COMMAND\n {4}1 root {6}0:00 sh -c [^\n]+\n {4}9 root {6}0:00 ps\n$/v);
	t.regex(stderr, /^curl: can't connect to \S+:81: Connection refused\nping: bad address 'nobody'\nkill: can't kill pid 999: No such process\n$/v);
});

test('what does not fit is said', async t => {
	const {stdout, stderr} = await runHere(`${'(: & '.repeat(600)}${')'.repeat(600)}; echo on`);
	t.is(stdout, 'on\n');
	t.true(stderr.includes('sh: can\'t fork: Resource temporarily unavailable\n'));
	t.deepEqual(await runHere('( '.repeat(20_000)), {exitCode: 2, stdout: '', stderr: 'sh: out of memory\n'});
	t.is((await runHere('printf "%d" abc')).stderr, 'printf: invalid number \'abc\'\n');
});

test('hostile scripts end, and the engine goes on', async t => {
	const large = 's=0123456789abcdef; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do s=$s$s; done;';
	for (const script of [
		'('.repeat(20_000),
		`echo ${'$('.repeat(3000)}`,
		'while :; do '.repeat(3000),
		`${'(: & '.repeat(600)}${')'.repeat(600)}; echo $?`,
		`${large} while echo $s; do :; done > /big; rm /big; echo $?`,
		`${large} while :; do s=$s$s; done`,
		`${large} x=$(while :; do echo $s; done); echo $?`,
		`${large} while :; do echo $s; done | tail`,
		'ln -s a /b; ln -s b /a; cat /a; cat /b/c; echo $?',
		`mkdir -p /${'d/'.repeat(3000)}; echo $?`,
	]) {
		const {exitCode} = await runHere(script);
		t.true(exitCode >= 0 && exitCode <= 255, script.slice(0, 60));
	}
});

test.serial('a pattern with many stars takes no time', async t => {
	const name = 'a'.repeat(46);
	t.deepEqual(await runHere(`touch ${name} ${name}b; echo ${'*a'.repeat(8)}*b; echo ${'*a'.repeat(8)}*c; echo '*'* \\*`), {
		exitCode: 0, stdout: `${name}b\n${'*a'.repeat(8)}*c\n** *\n`, stderr: '',
	});

	const engine = createMemoryEngine();
	t.teardown(engine.close);
	t.deepEqual(await engine.images({filters: {reference: [`${'*a'.repeat(50)}*b`]}}), []);
	t.is((await engine.images({filters: {reference: ['alp*/b?s*']}})).length, 1);
});

/** Scripts that would run for ever, or for longer than a test. */
const endless = {
	'a trap that raises its own signal': 'trap "kill -USR1 \\$\\$" USR1; kill -USR1 $$',
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

test.serial('a container has a limited number of processes', async t => {
	const {exitCode, stderr} = await runHere('echo "sh /f" > /f; sh /f');
	t.is(exitCode, 2);
	t.is(stderr, 'sh: can\'t fork: Resource temporarily unavailable\n');
	t.regex((await runHere('echo "sh /f | sh /f" > /f; sh /f')).stderr, /can't fork/v);
});

test('a signal that arrives while a trap runs has its trap afterwards', async t => {
	t.is((await runHere('trap "echo one; kill -USR2 \\$\\$; echo two" USR1; trap "echo three" USR2; kill -USR1 $$; echo four')).stdout, 'one\ntwo\nthree\nfour\n');
});
