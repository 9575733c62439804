#!/usr/bin/env bash
# A tutorial: a Redis and a Flask container that find each other by name on a network of
# their own. run.sh types each command, runs it and checks its output. It exits with status 1
# at the first difference, and cleans up in any case.
set -eu

# Ports of the host; set them if the defaults are in use.
web_port=${HOLM_DEMO_WEB_PORT:-8000}
nginx_port=${HOLM_DEMO_NGINX_PORT:-8080}
keep=no
case ${1-} in
	'') ;;
	--keep) keep=yes ;;
	*)
		echo "Usage: run.sh [--keep]     --keep leaves the application running on http://localhost:$web_port"
		echo 'HOLM names the command, default holm; it can be a script that calls docker -H. HOLM_DEMO_FRESH=1 first removes ALL containers and networks;'
		echo 'HOLM_DEMO_OFFLINE=1 does not pull from a registry. HOLM_DEMO_WEB_PORT and HOLM_DEMO_NGINX_PORT are the ports of the host, default 8000 and 8080.'
		[ "$1" = --help ]
		exit
		;;
esac

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
output=$work/output
holm=$(command -v "${HOLM:-holm}") || { echo "run.sh: ${HOLM:-holm} is not installed; HOLM names another command" >&2; exit 1; }
holm=$(cd "$(dirname "$holm")" && pwd)/$(basename "$holm")

# `container` has to be a program, not a function: xargs runs it, too.
mkdir "$work/bin"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$holm" >"$work/bin/container"
chmod 755 "$work/bin/container"
PATH=$work/bin:$PATH

containers='my-web my-redis-db my-nginx temp-tester my-web-2'
networks='myapp-net isolated-net'
owns=no
owns_image=no
# Timeout in seconds for each step: an emulated host is a hundred times slower than others.
patience=900

clean_up() {
	local status=$?
	trap - EXIT
	if [ $owns = yes ] && { [ $keep = no ] || [ $status -ne 0 ]; }; then
		for name in $containers; do container rm -f "$name" >/dev/null 2>&1 || :; done
		for name in $networks; do container network rm "$name" >/dev/null 2>&1 || :; done
		[ $owns_image = no ] || container rmi my-web-app >/dev/null 2>&1 || :
	fi
	rm -rf "$work"
	exit $status
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

title() {
	printf '\n\033[1m%s\033[0m\n' "$1"
}

# Shows a command as if typed, runs it, and keeps its output for `expect`.
attempt() {
	local index
	printf '\n\033[32m$\033[0m '
	if [ -t 1 ]; then
		for ((index = 0; index < ${#1}; index++)); do
			printf '%s' "${1:index:1}"
			sleep 0.015
		done
		printf '\n'
	else
		printf '%s\n' "$1"
	fi
	{ eval "$1"; } 2>&1 | tee "$output"
	status=${PIPESTATUS[0]}
}

differs() {
	printf '\nrun.sh: %s\n' "$1" >&2
	exit 1
}

run() {
	attempt "$1"
	[ "$status" -eq 0 ] || differs "this ended with status $status"
}

refused() {
	attempt "$1"
	[ "$status" -ne 0 ] || differs 'this should have failed'
}

expect() {
	grep -qF -- "$1" "$output" || differs "this should print: $1"
}

expect_id() {
	grep -qE '^[0-9a-f]{64}$' "$output" || differs 'this should print the id of the container'
}

# Runs a command in a terminal and types the lines of a file into its shell, each after a prompt.
type_into() {
	local key character line command=$2 from to terminal
	coproc TERMINAL { exec script -qc "$command" /dev/null 2>&1; }
	terminal=$TERMINAL_PID
	exec {from}<&"${TERMINAL[0]}" {to}>&"${TERMINAL[1]}"
	while IFS= read -r key; do
		line=
		while [[ $line != *'# ' ]]; do
			IFS= read -r -N 1 -t $patience -u "$from" character || { kill "$terminal" 2>/dev/null || :; break 2; }
			printf '%s' "$character"
			[ "$character" = $'\n' ] && line= || line+=$character
		done
		printf '%s\n' "$key" >&"$to"
	done <"$1"
	cat <&"$from"
	exec {from}<&- {to}>&-
	wait "$terminal"
}

# Retries until the response contains the text; the VM has to start first.
wait_for() {
	local deadline=$((SECONDS + patience))
	until curl --silent --max-time 60 "$1" 2>/dev/null | grep -qF -- "$2"; do
		[ $SECONDS -lt $deadline ] || { container logs my-web >&2 || :; differs "$1 did not answer within $patience s: $2"; }
		sleep 0.3
	done
}

if [ "${HOLM_DEMO_FRESH-}" = 1 ]; then
	title 'A fresh start: remove all containers and networks'
	run 'container ps -aq | xargs -r container stop'
	run 'container ps -aq | xargs -r container rm'
	run "container network ls -q | grep -v 'bridge' | xargs -r container network rm"
fi

for name in $containers; do
	! container inspect "$name" >/dev/null 2>&1 || differs "a container $name exists already; this would reuse it"
done
for name in $networks; do
	! container network inspect "$name" >/dev/null 2>&1 || differs "a network $name exists already; this would reuse it"
done
container image inspect my-web-app >/dev/null 2>&1 || owns_image=yes
[ "${HOLM_DEMO_OFFLINE-}" = 1 ] || pull=--pull
# shellcheck disable=SC2086 -- no flag is no argument.
"$here/../images/make.sh" ${pull-}
owns=yes

title '1. A network of its own'
run 'container network create myapp-net'
# Docker's client prints the id instead of the name.
grep -qE "myapp-net|^[0-9a-f]{64}\$" "$output" || differs 'this should print the name of the network or its id'
run 'container network ls'
expect bridge
expect myapp-net

title '2. The database'
run 'container run --network myapp-net --name my-redis-db -d redis:alpine'
expect_id
run 'container ps'
expect my-redis-db

title '3. The web application'
cd "$work"
run 'mkdir my-webapp'
cd my-webapp
cp "$here/app.py" "$here/Dockerfile" "$here/requirements.txt" .
run 'ls'
run 'container build -t my-web-app .'
run 'container run \
  --network myapp-net \
  --name my-web \
  -p '"$web_port"':8000 \
  -e REDIS_HOST=my-redis-db \
  -d my-web-app'
expect_id

title '4. It finds the database by name'
answer='Hello from Flask! Connected to Redis at my-redis-db:6379 successfully!'
wait_for "http://localhost:$web_port" "$answer"
run "curl --silent http://localhost:$web_port"
[ "$(cat "$output")" = "$answer" ] || differs "this should print exactly: $answer"

title '5. What the network looks like'
run 'container network inspect myapp-net'
expect my-redis-db
expect my-web
expect '"Subnet"'
run 'container logs my-web'
expect 'GET / HTTP'

if [ $keep = yes ]; then
	title "The application keeps running: http://localhost:$web_port"
	echo 'To stop it: holm rm -f my-web my-redis-db; holm network rm myapp-net'
	exit
fi

title 'Isolation: names of other networks do not resolve'
run 'container network create isolated-net'
run 'container run --network isolated-net --name my-nginx -p '"$nginx_port"':80 -d nginx:alpine'
wait_for "http://localhost:$nginx_port" 'Welcome to nginx!'
cat >"$work/keys" <<END
ping my-nginx
curl http://my-nginx
ping -c 1 my-redis-db
curl --silent http://host.container.internal:$nginx_port | grep '<title>'
exit
END
attempt "type_into \"\$work/keys\" 'container run --network myapp-net --name temp-tester -it --rm alpine/bash'"
expect "ping: bad address 'my-nginx'"
expect 'Could not resolve host: my-nginx'
expect '1 packets received'
title 'The detour: a port published on the host'
expect '<title>Welcome to nginx!</title>'
run 'container exec my-web ping -c 1 my-redis-db'
refused 'container exec my-web ping -c 1 my-nginx'
expect "bad address 'my-nginx'"
run 'container stop my-nginx'
run 'container rm my-nginx'
run 'container network rm isolated-net'

title 'A port can be published once'
refused 'container run --network myapp-net --name my-web-2 -p '"$web_port"':8000 -d my-web-app'
expect "Bind for 0.0.0.0:$web_port failed: port is already allocated"
# Docker's client leaves the container that failed to start.
! container inspect my-web-2 >/dev/null 2>&1 || run 'container rm my-web-2'

title '6. Cleaning up, the network last'
refused 'container network rm myapp-net'
run 'container stop my-web my-redis-db'
run 'container rm my-web my-redis-db'
run 'container network rm myapp-net'

title 'All steps succeeded'
