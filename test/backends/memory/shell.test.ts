/* eslint-disable no-template-curly-in-string -- scripts, whose variables are the shell's */
import {execFile, execFileSync} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {configuration} from '../../engine/resources.js';

const findBusybox = (): string | undefined => {
	try {
		return execFileSync('sh', ['-c', 'command -v busybox'], {encoding: 'utf8'}).trim();
	} catch {
		return undefined;
	}
};

type Ended = {readonly exitCode: number; readonly stdout: string};

const runHere = async (script: string): Promise<Ended> => {
	const engine = createMemoryEngine();
	try {
		const {id} = await engine.createContainer(configuration({image: 'alpine/bash', command: ['sh', '-c', script], workingDirectory: '/tmp'}));
		await engine.startContainer(id);
		const {exitCode} = await engine.waitContainer(id);
		const decoder = new TextDecoder();
		let stdout = '';
		for await (const {bytes} of engine.logs(id, {stderr: false})) {
			stdout += decoder.decode(bytes, {stream: true});
		}

		return {exitCode, stdout};
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

/** What the contract and demos use of a shell, and what people type. */
const scripts = [
	'echo one two   three; echo "one two   three"; echo \'$HOME\' "$HOME" $HOME',
	String.raw`echo -n a; echo -e "b\tc"; echo -e "\x41\0101\n"`,
	String.raw`printf "%s-%03d|%5s|%-5s|\n" a 7 b c d 8 e f; printf "%x %o %c\n" 255 8 word; printf "no end"`,
	String.raw`printf '\101\x42\n'`,
	'exit 7',
	'false',
	'true && echo yes || echo no; false && echo yes || echo no; ! false; echo $?',
	'(exit 3); echo $?; { echo group; false; }; echo $?',
	'set -e; echo before; false; echo after',
	'set -e; if false; then :; fi; false || true; ! true; while false; do :; done; echo still',
	'set -e; f() { false; echo in; }; f || echo caught; f; echo never',
	'x=1; while [ $x -lt 5 ]; do x=$((x+1)); [ $x = 3 ] && continue; echo $x; done; until [ $x = 0 ]; do x=$((x-1)); [ $x = 2 ] && break; done; echo $x',
	'for i in a "b c" $HOME *; do echo "<$i>"; done; for i; do echo never; done',
	'for i in 1 2; do for j in a b; do [ $j = b ] && continue 2; echo $i$j; done; done',
	'case abc in a?c) echo one;; *) echo two;; esac; case "a*c" in "a*c") echo literal;; esac; case x in a|x) echo alternatives; esac; case 5 in [0-9]) echo digit;; esac; case q in [!a-p]) echo not;; esac',
	'if [ 1 -gt 2 ]; then echo a; elif [ -n "" ]; then echo b; else echo c; fi',
	'echo $((2+3*4)) $((10/3)) $((10%3)) $(( (1+2)*3 )) $((1<2 && 2<1)) $((5>3 ? 10 : 20)) $((-7/2)) $((0x10)) $((010))',
	'x=5; echo $((x*2)) $((x+=3)) $x $((y=4)) $y',
	'echo $(echo nested $(echo deep)) `echo back`; x=$(printf "a\\n\\n"); echo "[$x]"',
	'x="a b  c"; echo $x "$x"; set -- $x; echo $# $2; set -- "$@" d; echo $#; shift 2; echo "$*"',
	'f() { echo "$# $1 $@"; return 9; }; f a "b c"; echo $?; echo $#',
	'X=outer; f() { X=inner; }; f; echo $X; (X=sub); echo $X',
	'unset Q; echo ${Q:-default} ${Q-d} ${Q:+set}; Q=; echo "${Q:-empty}" "${Q-kept}"; echo ${Q:=given} $Q; echo ${#Q}',
	'p=/a/b/c.tar.gz; echo ${p##*/} ${p#*/} ${p%.*} ${p%%.*} ${p%/*}',
	'A=1 B=2 sh -c \'echo $A $B\'; echo "[$A]"; export C=3; sh -c \'echo $C\'',
	'cat <<END\n$HOME $((1+1)) "quoted" \\$x\nEND\ncat <<\'END\'\n$HOME `x`\nEND\ncat <<-END\n\tindented\n\tEND',
	'echo out; echo err >&2; echo both 2>&1; { echo a; echo b >&2; } 2>/dev/null; echo hidden >/dev/null',
	'echo one > f; echo two >> f; cat f; cat < f | wc -l; : > f; wc -c < f; cat nothing 2>/dev/null || echo missing',
	'echo a > x; echo b > y; cat x y - < x; ls; ls x; rm x; ls; [ -f y ] && echo there; [ -e x ] || echo gone',
	'mkdir -p a/b/c; ls a; cd a/b; cd ..; ls; rmdir b 2>/dev/null || echo full; rm -r b; ls',
	'echo x > f; ln -s f l; cat l; readlink l; [ -L l ] && echo link; rm l; cat f; cp f g; mv g h; cat h; ls',
	'touch b a c; echo *; echo [ab]; echo ?; echo "*"; echo z*; ls | sort -r',
	'seq 5 | head -n 2; seq 5 | tail -n 2; seq 3 -1 1; seq 10 | wc -l; seq 2 2 8 | grep 4',
	String.raw`printf "b\na\nc\na\n" | sort -u; printf "10\n9\n" | sort -n; printf "x y\nz\n" | wc; printf "abc" | wc -c`,
	String.raw`printf "one\ntwo\nthree\n" | grep -v two; printf "One\n" | grep -i one; echo abc | grep -q b && echo found; echo abc | grep -c x; echo $?`,
	String.raw`printf "a b\nc\n" | while read x y; do echo "$y-$x"; done; read z < /dev/null; echo $? "[$z]"`,
	'echo "1 2 3" | { read a b; echo "$b $a"; }; printf "no end" | { read x; echo "$? $x"; }',
	'yes | head -n 2; yes no | head -n 1; echo a | cat | cat',
	'sleep 0.1 & wait; echo waited; (sleep 0.1; echo later) & echo now; wait',
	'trap "echo bye" EXIT; echo hi; exit 4',
	'trap "echo caught" USR1; kill -USR1 $$ 2>/dev/null || kill -USR1 1; echo after',
	'exec echo replaced; echo never',
	'nosuchprogram 2>/dev/null; echo $?; /etc/passwd 2>/dev/null; echo $?',
	'eval "echo evaluated; x=5"; echo $x; eval \'echo "$x"\'',
	String.raw`echo "a\"b" 'a"b' a\ b "a\\b" "\$x" \"`,
	'echo a;echo b&&echo c||echo d;echo e # comment\n# whole line\necho f \\\n  g',
	'test a = a && echo eq; test 1 -eq 01 && echo num; [ a != b ] && echo ne; [ ! -d /nope ] && echo nd; [ -z "" -a -n x ] && echo and; [ -n "" -o -n x ] && echo or; [ a ]; echo $?; [ ]; echo $?',
	'basename /a/b.txt .txt; dirname /a/b; echo $(basename /x/y)',
	'i=0; s=0123456789; while [ $i -lt 10 ]; do s=$s$s; i=$((i+1)); done; echo ${#s}',
	'while :; do break; done; echo $?; for i in; do :; done; echo $?',
	'set -- one two; echo "$1" "${2}" $0 | wc -w; echo "${10}x"',
	'IFS=:; x=a:b:c; set -- $x; echo $#; IFS=" "; echo $x',
	'x=abc; echo "${x}def" "$x"def $xdef.; echo ~ | grep -c root; echo "~"',
	'command -v cd >/dev/null && echo has; command -v nosuch >/dev/null || echo lacks; type cd >/dev/null && echo typed',
	'echo {a,b} } { if then; echo if',
	'echo "unterminated',
	'echo )',
	'if true; then echo unfinished',
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
		t.deepEqual(await runHere(script), await runThere(script));
	});
}

test('hostile scripts end, and the engine goes on', async t => {
	for (const script of [
		'f() { f | f & }; f; echo survived',
		'f() { f; }; f; echo $?',
		'('.repeat(20_000),
		`echo ${'$('.repeat(3000)}`,
		'yes > /big; rm /big; echo $?',
		'x=$(yes); echo ${#x}',
		'yes | sort',
		'ln -s a /b; ln -s b /a; cat /a; cat /b/c; echo $?',
		`mkdir -p /${'d/'.repeat(3000)}; echo $?`,
	]) {
		const {exitCode} = await runHere(script);
		t.true(exitCode >= 0 && exitCode <= 255, script.slice(0, 60));
	}
});
