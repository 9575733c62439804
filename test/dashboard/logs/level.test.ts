import test from 'ava';
import {levelNamed, levelOf, type Level} from '../../../source/dashboard/logs/level.js';

type Samples = ReadonlyArray<readonly [level: Level | undefined, text: string]>;

const samples: Readonly<Record<string, Samples>> = {
	nginx: [
		['error', '2026/11/30 10:01:02 [error] 29#29: *1 open() "/usr/share/nginx/html/favicon.ico" failed (2: No such file or directory), client: 10.0.0.1, server: localhost, request: "GET /favicon.ico HTTP/1.1", host: "localhost:8080"'],
		['info', '2026/11/30 10:01:02 [notice] 1#1: start worker processes'],
		['warning', '2026/11/30 10:01:02 [warn] 1#1: the "user" directive makes sense only if the master process runs with super-user privileges'],
		['fatal', '2026/11/30 10:01:02 [emerg] 1#1: bind() to 0.0.0.0:80 failed (98: Address in use)'],
		['info', '10.0.0.1 - - [30/Nov/2026:10:01:02 +0000] "GET / HTTP/1.1" 200 615 "-" "curl/8.5.0" "-"'],
		['warning', '10.0.0.1 - - [30/Nov/2026:10:01:02 +0000] "GET /error HTTP/1.1" 404 153 "-" "ERROR-agent/1.0" "-"'],
		['error', '10.0.0.1 - bob [30/Nov/2026:10:01:02 +0000] "POST /api HTTP/2.0" 502 157 "-" "Mozilla/5.0" "-"'],
		['info', '/docker-entrypoint.sh: info: Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh'],
		[undefined, '/docker-entrypoint.sh: Configuration complete; ready for start up'],
	],
	postgres: [
		['info', '2026-11-30 10:01:02.345 UTC [1] LOG:  database system is ready to accept connections'],
		['error', '2026-11-30 10:01:02.345 UTC [42] ERROR:  relation "users" does not exist at character 15'],
		[undefined, '2026-11-30 10:01:02.345 UTC [42] STATEMENT:  select * from users'],
		['fatal', '2026-11-30 10:01:02.345 UTC [43] FATAL:  password authentication failed for user "app"'],
		['warning', '2026-11-30 10:01:02.345 UTC [43] WARNING:  there is no transaction in progress'],
	],
	redis: [
		['info', '1:M 30 Nov 2026 10:01:02.345 * Ready to accept connections tcp'],
		['warning', '1:C 30 Nov 2026 10:01:02.345 # WARNING Memory overcommit must be enabled!'],
		['debug', '1:M 30 Nov 2026 10:01:02.345 - DB 0: 1 keys (0 volatile) in 4 slots HT.'],
	],
	mysql: [
		['warning', '2026-11-30T10:01:02.345678Z 0 [Warning] [MY-011068] [Server] The syntax is deprecated'],
		['error', '2026-11-30T10:01:02.345678Z 0 [ERROR] [MY-010119] [Server] Aborting'],
		['info', '2026-11-30T10:01:02.345678Z 0 [System] [MY-010931] [Server] ready for connections'],
	],
	klog: [
		['info', 'I1130 10:01:02.345678       1 server.go:162] "Starting" version="v1.30.0"'],
		['warning', 'W1130 10:01:02.345678       1 reflector.go:424] failed to list *v1.Node'],
		['error', 'E1130 10:01:02.345678       1 leaderelection.go:330] error retrieving resource lock'],
		['fatal', 'F1130 10:01:02.345678       1 main.go:12] cannot continue'],
		['warning', '[W 2026-11-30 10:01:02.345 ServerApp] jupyter is old'],
	],
	pino: [
		['info', '{"level":30,"time":1796032862345,"pid":1,"hostname":"web","msg":"listening"}'],
		['error', '{"level":50,"time":1796032862345,"pid":1,"err":{"type":"Error","message":"boom"},"msg":"boom"}'],
		['fatal', '{"level":60,"time":1796032862345,"msg":"bye"}'],
		['debug', '{"level":20,"time":1796032862345,"msg":"\\"level\\":50 is in a string"}'],
		['warning', '{"time":1796032862345,"req":{"level":"error","headers":{"level":"fatal"}},"level":40,"msg":"own level"}'],
		[undefined, '{"req":{"level":"error"},"msg":"no level of its own"}'],
	],
	zap: [
		['info', '{"level":"info","ts":1796032862.345,"caller":"main.go:12","msg":"started"}'],
		['fatal', '{"level":"dpanic","ts":1796032862.345,"msg":"bad"}'],
		['error', ['2026-11-30T10:01:02.345Z', 'ERROR', 'main.go:12', 'request failed', '{"status": 200}'].join('\t')],
	],
	'zerolog, ECS, Google, Serilog, MongoDB': [
		['warning', '10:01AM WRN slow query duration=1.2'],
		['error', '{"@timestamp":"2026-11-30T10:01:02Z","log":{"level":"error","logger":"a"},"message":"x"}'],
		['error', '{"@timestamp":"2026-11-30T10:01:02Z","log.level":"ERROR","message":"x"}'],
		['fatal', '{"severity":"CRITICAL","message":"x"}'],
		['error', '{"@t":"2026-11-30T10:01:02Z","@mt":"x","@l":"Error"}'],
		['info', '{"t":{"$date":"2026-11-30T10:01:02.345+00:00"},"s":"I",  "c":"NETWORK",  "id":23016,   "ctx":"listener","msg":"Waiting for connections"}'],
		['error', '{"version":"1.1","host":"a","short_message":"x","level":3}'],
		['error', '{"msg":"handled request","status":503}'],
	],
	logrus: [
		['error', 'time="2026-11-30T10:01:02Z" level=error msg="connection refused" error="dial tcp"'],
		['warning', 'time="2026-11-30T10:01:02Z" level=warning msg="a \\"quoted\\" word"'],
		['error', 'ERRO[0012] connection refused                           host=db'],
		['info', 'ts=2026-11-30T10:01:02Z caller=main.go:12 level=info msg=ready'],
		['error', 't=2026-11-30T10:01:02+0000 lvl=eror msg="x"'],
		[undefined, 'GET http://web/?level=error'],
	],
	python: [
		['error', 'ERROR:root:something failed'],
		['warning', '2026-11-30 10:01:02,345 - app.db - WARNING - slow'],
		['info', '2026-11-30 10:01:02,345 INFO app started'],
		['fatal', '2026-11-30 10:01:02,345 CRITICAL app died'],
		['error', 'Traceback (most recent call last):'],
		['error', 'ValueError: invalid literal for int() with base 10: \'x\''],
		['error', 'django.db.utils.OperationalError: no such table'],
		['error', 'INFO:     10.0.0.1:52100 - "GET /items HTTP/1.1" 500 Internal Server Error'],
		['info', '[2026-11-30 10:01:02 +0000] [1] [INFO] Starting gunicorn 22.0.0'],
		['error', '2026-11-30 10:01:02.345 | ERROR    | app.main:run:12 - loguru'],
		['info', ' * Running on all addresses (0.0.0.0) INFO'],
	],
	systemd: [
		['error', '[FAILED] Failed to start nginx.service - A high performance web server.'],
		['info', '[  OK  ] Started systemd-journald.service - Journal Service.'],
		['warning', '[DEPEND] Dependency failed for remote-fs.target.'],
		['error', '<3>something in the style of sd-daemon'],
		['fatal', '<34>1 2026-11-30T10:01:02.003Z host su - ID47 - su root failed'],
		['info', '<30>Nov 30 10:01:02 host sshd[1]: Server listening'],
		[undefined, 'Nov 30 10:01:02 host systemd[1]: Reached target multi-user.target.'],
		['fatal', '[    1.234567] Kernel panic - not syncing: VFS: Unable to mount root fs'],
	],
	java: [
		['error', '10:01:02.345 [main] ERROR com.example.App - it broke'],
		['info', '2026-11-30T10:01:02.345Z  INFO 1 --- [           main] o.s.b.w.embedded.tomcat.TomcatWebServer  : Tomcat started'],
		['warning', '[2026-11-30T10:01:02,345][WARN ][o.e.b.BootstrapChecks    ] [node] max virtual memory areas'],
		['warning', '[2026-11-30 10:01:02,345] WARN [Controller id=1] no brokers (kafka.controller)'],
		['error', 'SEVERE: Servlet.service() threw'],
		['error', 'Exception in thread "main" java.lang.NullPointerException'],
		['error', 'java.lang.IllegalStateException: no such state'],
		['error', 'Caused by: java.io.IOException: gone'],
		[undefined, '    at com.example.App.main(App.java:12)'],
	],
	others: [
		['error', 'npm ERR! code ELIFECYCLE'],
		['warning', 'warn: Microsoft.AspNetCore.Server.Kestrel[0]'],
		['error', 'fail: Microsoft.AspNetCore.Diagnostics[1]'],
		['error', '[2026-11-30T10:01:02Z ERROR app] from Rust'],
		['fatal', 'panic: runtime error: index out of range [5] with length 3'],
		['fatal', 'thread \'main\' panicked at src/main.rs:2:5:'],
		['info', '[30-Nov-2026 10:01:02] NOTICE: fpm is running, pid 1'],
		['error', '[Mon Nov 30 10:01:02.345 2026] [core:error] [pid 7] [client 10.0.0.1:1] AH00037: Symbolic link not allowed'],
		['error', '[GIN] 2026/11/30 - 10:01:02 | 500 |     1.2ms |       10.0.0.1 | GET      "/x"'],
		['warning', 'GET /missing 404 1.234 ms - 150'],
		['error', 'main.c:12:3: error: expected expression'],
	],
	'prose and odd lines': [
		[undefined, ''],
		[undefined, 'ready, no errors found and no warning given'],
		[undefined, 'the file is /var/log/ERROR.log and MY_ERROR=1'],
		[undefined, 'level of the water'],
		[undefined, '{"__proto__":{"level":"error"},"constructor":"error"}'],
		[undefined, 'level=constructor msg=x'],
		[undefined, 'level=__proto__ msg=x'],
		[undefined, 'line 12 of the log'],
		[undefined, '<999>not a priority'],
		[undefined, '{"level":"unheard-of"}'],
	],
};

for (const [logger, lines] of Object.entries(samples)) {
	test(`levels of ${logger}`, t => {
		t.deepEqual(lines.map(([, text]) => [levelOf(text), text]), lines.map(([level, text]) => [level, text]));
	});
}

test('a level by its name or number', t => {
	t.is(levelNamed('Warn'), 'warning');
	t.is(levelNamed('50'), 'error');
	t.is(levelNamed('3'), 'error');
	t.is(levelNamed('toString'), undefined);
	t.is(levelNamed(''), undefined);
});

test('hostile lines take time in proportion to their length', t => {
	const started = performance.now();
	for (const piece of ['{"level', '{"a":"\\', '"level":', '[', '[ ', '| ', '{"status":5', '"GET ', 'HTTP/1', 'Error', 'a.', 'ERROR', '<1', 'error', ' level=', '{"x":{"level":"error"},']) {
		for (const start of ['', '{']) {
			levelOf(start + piece.repeat(10_000_000 / piece.length));
		}
	}

	// Quadratic time would be minutes.
	t.true(performance.now() - started < 20_000);
});
