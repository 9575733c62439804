#!/bin/bash
# Compares Apple's `container` on this Mac with what Holm was written for, and prints what differs: for bug reports.
#
#     bash demos/apple/check.sh [IMAGE]
#
# It changes nothing but containers named holm-check-…, which it removes at the end, also after Ctrl-C. It pulls nothing: without
# IMAGE it takes a local image of Alpine. Names of users and hosts, paths of home directories and addresses are replaced in its output.
# It needs bash 3.2, awk and sed. The exit status is 0 if nothing differs, 1 if something does, and 2 if it cannot look.
set -u
export LC_ALL=C NO_COLOR=1
unset CONTAINER_DEFAULT_PLATFORM CONTAINER_DEBUG

here=$(cd "$(dirname "$0")" && pwd)
samples=$here/../../test/backends/apple/samples
limit=60
prefix=holm-check-$$
count=0
differences=0
running=
made=
# What no version should have made.
refused=

fail() {
	printf '%s\n' "$1" >&2
	exit 2
}

# Programs
find_program() {
	local path
	for path in "${HOLM_CONTAINER:-}" "$(command -v container 2>/dev/null)" /usr/local/bin/container /opt/homebrew/bin/container; do
		case $path in
			/*) if [ -x "$path" ]; then
				printf '%s\n' "$path"
				return
			fi ;;
		esac
	done
}

program=$(find_program)
[ -n "$program" ] || fail 'There is no container program here: install it from github.com/apple/container/releases, or name it in HOLM_CONTAINER.'
[ -e "$samples/errors.json" ] || fail 'The samples are missing: run this script from a copy of the repository, test/backends/apple/samples is part of it.'
work=$(mktemp -d "${TMPDIR:-/tmp}/holm-check.XXXXXX") || fail 'No temporary directory can be made.'

clean_up() {
	local name
	trap '' INT TERM HUP
	[ -z "$running" ] || kill -KILL "$running" 2>/dev/null
	for name in $made $refused; do
		"$program" delete --force "$name" >/dev/null 2>&1 </dev/null
	done
	rm -rf "$work"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# A text as a pattern of sed; of an empty one, a pattern that matches nothing.
literal() {
	if [ -n "$1" ]; then
		printf '%s' "$1" | sed 's/[][\.*^$+?(){}|#]/\\&/g'
	else
		printf 'x^'
	fi
}

# Replaces what tells of a person or a network.
redact() {
	sed -E \
		-e "s#$(literal "$work")#DIRECTORY#g" \
		-e "s#$(literal "$HOME")#HOME#g" \
		-e 's#(\\?/)(Users|home)(\\?/)[^/\\" ]+#\1\2\3USER#g' \
		-e "s#(^|[^A-Za-z0-9])$(literal "$(id -un)")([^A-Za-z0-9]|\$)#\1USER\2#g" \
		-e "s#$(literal "$(hostname)")#HOST#g" \
		-e 's/[0-9]{1,3}(\.[0-9]{1,3}){3}/ADDRESS/g' \
		-e 's/[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){4,}/ADDRESS/g' \
		-e 's/[0-9a-fA-F:]*::[0-9a-fA-F:]*/ADDRESS/g'
}

# Prints a difference, in one line.
differs() {
	differences=$((differences + 1))
	printf 'differs: %s\n' "$1" | redact
}

# Runs the program with its output in files, its status in $status, and its input from /dev/null or $input.
run() {
	local watcher
	count=$((count + 1))
	"$program" "$@" >"$work/out" 2>"$work/err" <"${input:-/dev/null}" &
	running=$!
	(
		second=0
		while [ "$second" -lt "$limit" ] && kill -0 "$running" 2>/dev/null; do
			sleep 1
			second=$((second + 1))
		done
		kill -KILL "$running" 2>/dev/null
	) >/dev/null 2>&1 &
	watcher=$!
	wait "$running" 2>/dev/null
	status=$?
	running=
	# Not TERM: until it has reset its traps, the new shell would clean up.
	kill -KILL "$watcher" 2>/dev/null
	wait "$watcher" 2>/dev/null
	[ "$status" -ne 137 ] || differs "container $*: did not end within $limit seconds"
}

# JSON as lines of path, type and value: one token a line first, because awk has no other way to read it that is fast.
flatten() {
	sed -E 's/"([^"\\]|\\.)*"/\
&\
/g' | sed -E '/^"/!s/[][{},:]/\
&\
/g' | awk '
		function place(  i, text) {
			text = ""
			for (i = 1; i <= depth; i++) text = text (kind[i] == "a" ? "[]" : (text == "" ? "" : ".") key[i])
			return text
		}
		function plain(name) { return name ~ /^[A-Za-z0-9_]+$/ ? name : "*" }
		function isMap(path) { return path ~ /(^|\.)(labels|Labels|sysctls|annotations|ExposedPorts|Volumes)$/ || path ~ /configuration\.options$/ }
		function value(type, text) { print place() "\t" type "\t" text; isKey = 0 }
		/^[ \t\r]*$/ { next }
		/^"/ {
			text = substr($0, 2, length($0) - 2)
			if (kind[depth] == "o" && isKey) { depth--; parent = place(); depth++; key[depth] = isMap(parent) ? "*" : plain(text); next }
			value("string", text)
			next
		}
		{ gsub(/[ \t\r]/, "") }
		$0 == "{" { value("object", ""); depth++; kind[depth] = "o"; isKey = 1; next }
		$0 == "[" { value("array", ""); depth++; kind[depth] = "a"; next }
		$0 == "}" || $0 == "]" { depth--; isKey = 0; next }
		$0 == "," { isKey = kind[depth] == "o"; next }
		$0 == ":" { isKey = 0; next }
		{ value($0 ~ /^(true|false)$/ ? "boolean" : ($0 == "null" ? "null" : "number"), $0) }
	'
}

# Compares the members of the document in $work/out with those of samples: which are always there, and their types.
compare() {
	local what=$1 file line
	shift
	: >"$work/expected"
	for file; do
		flatten <"$samples/$file.json" >>"$work/expected"
	done
	flatten <"$work/out" >"$work/found"
	if ! [ -s "$work/found" ]; then
		differs "$what: prints no document"
		return
	fi
	awk -F '\t' '
		function parentOf(path) { sub(/(\.[^.\[]*|\[\])$/, "", path); return path }
		FNR == NR { expected[$1]++; types[$1] = types[$1] " " $2; next }
		{ found[$1]++; if (index(types[$1] " ", " " $2 " ") == 0 && ($1 in expected) && !(($1, $2) in told)) { told[$1, $2] = 1; print $1 " is of type " $2 " instead of" types[$1] } }
		END {
			for (path in expected) {
				parent = parentOf(path)
				if (path !~ /\[\]$/ && path != parent && path !~ /\*/ && expected[path] >= expected[parent] && found[parent] > 0 && found[path] < found[parent]) print path " is missing"
			}
			for (path in found) if (!(path in expected) && !(path ~ /\*/) && (parentOf(path) in expected)) print path " is new"
		}
	' "$work/expected" "$work/found" | sed -E 's/ instead of( [a-z]+).*/ instead of\1/' | sort >"$work/lines"
	while IFS= read -r line; do
		differs "$what: $line"
	done <"$work/lines"
}

# A document that a command prints, beside samples.
document() {
	local samples_of=$1
	shift
	run "$@"
	[ "$status" -eq 0 ] || differs "container $*: exit status $status instead of 0: $(last_error)"
	# shellcheck disable=SC2086
	[ "$status" -ne 0 ] || compare "container $*" $samples_of
}

last_error() {
	sed -E 's/'"$(printf '\033')"'\[[0-9;?]*[A-Za-z]//g' "$work/err" | tr '\r' '\n' | grep '^Error: ' | tail -n 1
}

# A member of a sample of a failure.
failure_of() {
	flatten <"$samples/errors.json" | awk -F '\t' -v when="$1" -v member="$2" '
		$1 == "[].when" { isIt = $3 == when }
		isIt && $1 == "[]." member { text = $3; gsub(/\\n/, "\n", text); gsub(/\\"/, "\"", text); gsub(/\\\//, "/", text); gsub(/\\\\/, "\\", text); print text; exit }
	'
}

# A command that fails as a sample does; `FROM=TO` says which names take the place of the sample's.
refused() {
	local when=$1 rename=$2 expected wanted got
	shift 2
	run "$@"
	expected=$(failure_of "$when" exit)
	wanted=$(failure_of "$when" stderr | grep '^Error: ' | tail -n 1 | sed "s/${rename%%=*}/${rename#*=}/g")
	got=$(last_error)
	[ "$status" = "$expected" ] || differs "container $1 ($when): exit status $status instead of $expected"
	[ "$got" = "$wanted" ] || differs "container $1 ($when): says <$got> instead of <$wanted>"
}

# A command that succeeds, and prints a line.
succeeds() {
	local wanted=$1
	shift
	run "$@"
	[ "$status" -eq 0 ] || differs "container $*: exit status $status instead of 0: $(last_error)"
	[ "$(cat "$work/out")" = "$wanted" ] || differs "container $*: prints <$(head -c 200 "$work/out" | tr '\n' ' ')> instead of <$wanted>"
}

# A member of the first container of a document, by its name.
member() {
	flatten <"$work/out" | awk -F '\t' -v id="$1" -v member="$2" '
		$1 == "[].id" { isIt = $3 == id }
		$1 == "[]" { for (path in seen) delete seen[path] }
		{ seen[$1] = $3 }
		isIt && (("[]." member) in seen) { print seen["[]." member]; exit }
	'
}

expect() {
	[ "$2" = "$3" ] || differs "$1: <$2> instead of <$3>"
}

create() {
	made="$made $1"
	succeeds "$1" create --name "$@"
}

version_of() {
	flatten <"$work/out" | awk -F '\t' '
		$1 == "[].appName" { name = $3 } $1 == "[].version" { version = $3 } $1 == "[].commit" { commit = substr($3, 1, 7) }
		$1 == "[]" && name != "" { print name " " version " " commit; name = "" }
		END { if (name != "") print name " " version " " commit }
	'
}

# Versions first
printf 'Holm check of Apple container\n'
printf 'macOS %s, %s\n' "$(sw_vers -productVersion 2>/dev/null || echo none)" "$(uname -srm)"
run system version --format json
version_of | redact
[ "$status" -eq 0 ] || fail "container system version fails with status $status: $(last_error | redact)"
version=$(flatten <"$work/out" | awk -F '\t' '$1 == "[].version" { print $3; exit }')
compare 'container system version --format json' 1.2-system-version
run system status --format json
if [ "$status" -ne 0 ]; then
	fail 'The service does not run: container system start, and run this again.'
fi
if grep -q '"paths"' "$work/out"; then
	compare 'container system status --format json' 1.4-system-status-running
else
	compare 'container system status --format json' 1.2-system-status-running
fi

# Lists of what is there
lists='1.2-container-list 1.2-container-list-stopping'
document "$lists" ls -a --format json
document "$lists" ls --format json
run network ls --format json
if [ "$status" -eq 64 ] && [ "$(last_error)" = "$(failure_of 'macOS 15, network command' stderr | grep '^Error: ')" ]; then
	printf 'no networks of one'\''s own: macOS below 26\n'
elif [ "$status" -ne 0 ]; then
	differs "container network ls --format json: exit status $status: $(last_error)"
else
	compare 'container network ls --format json' 1.2-network-list
fi
document 1.2-volume-list volume ls --format json
document 1.2-image-list image ls --format json
image=${1:-$(flatten <"$work/out" | awk -F '\t' '$1 == "[].configuration.name" && $3 ~ /(^|\/)alpine(:|\\?\/bash)/ { gsub(/\\/, "", $3); print $3; exit }')}

# Refusals
nope=$prefix-nope
refused 'inspect, unknown' "nope=$nope" inspect "$nope"
refused 'start, exec, unknown' "nope=$nope" start "$nope"
refused 'stop, unknown' "nope=$nope" stop "$nope"
refused 'logs, unknown' "nope=$nope" logs "$nope"
refused 'stats, unknown' "nope=$nope" stats --format json --no-stream "$nope"
refused 'image inspect, unknown' "nope=$nope" image inspect "$nope"

if [ -z "$image" ]; then
	printf 'not looked at: containers, because there is no image of Alpine: container image pull alpine, or name an image with a shell\n'
else
	# A run to its end
	one=$prefix-1
	create "$one" -l check=yes -e A=b -c 1 -m 256M "$image" sh -c 'echo out; echo err >&2; exit 3'
	refused 'create, name in use' "web=$one" create --name "$one" "$image"
	refused=$prefix-no
	refused 'create, a label whose value has an equals sign' x=x create --name "$prefix-no" -l a=b=c "$image"
	refused 'create, too little memory' x=x create --name "$prefix-no" -m 64M "$image"
	refused 'exec, not running' "job=$one" exec "$one" true
	document "$lists" ls -a --format json
	expect 'state of a container that was never started' "$(member "$one" status.state)" stopped
	expect 'start of a container that was never started' "$(member "$one" status.startedDate)" ''
	run start --attach "$one"
	expect 'exit status of an attached start' "$status" 3
	expect 'standard output of an attached start' "$(cat "$work/out")" out
	expect 'standard error of an attached start' "$(grep -v '^Error: ' "$work/err" | grep '^err$')" err
	run logs "$one"
	expect 'lines of the log' "$(sort "$work/out" | tr '\n' ' ')" 'err out '
	document "$lists" inspect "$one"
	expect 'state of a container that has ended' "$(member "$one" status.state)" stopped
	case $(member "$one" status.startedDate) in
		????-??-??T??:??:??Z) ;;
		*) differs "start of a container that has ended: <$(member "$one" status.startedDate)> is no date" ;;
	esac

	# A container that runs, with a file of its own as /etc/hosts
	two=$prefix-2
	mkdir "$work/hosts"
	printf '127.0.0.1\tlocalhost first\n' >"$work/hosts/hosts"
	create "$two" -v "$work/hosts/hosts:/etc/hosts" -c 1 -m 256M "$image" sleep 1000
	succeeds "$two" start "$two"
	succeeds "$two" start "$two"
	document "$lists" ls --format json
	expect 'state of a container that runs' "$(member "$two" status.state)" running
	document 1.2-stats stats --format json --no-stream "$two"
	run exec "$two" sh -c 'echo out; echo err >&2; exit 4'
	expect 'exit status of exec' "$status" 4
	expect 'standard output and error of exec' "$(cat "$work/out") $(cat "$work/err")" 'out err'
	printf 'typed\n' >"$work/typed"
	input=$work/typed
	run exec -i "$two" cat
	input=
	expect 'input of exec' "$(cat "$work/out")" typed
	run exec "$two" cat /etc/hosts
	expect 'file that is mounted as /etc/hosts' "$(cat "$work/out")" "$(cat "$work/hosts/hosts")"
	printf '127.0.0.1\tlocalhost second\n' >"$work/hosts/hosts"
	seconds=0
	while run exec "$two" cat /etc/hosts && ! grep -q second "$work/out" && [ "$seconds" -lt 10 ]; do
		sleep 1
		seconds=$((seconds + 1))
	done
	grep -q second "$work/out" || differs 'an edited /etc/hosts is not seen within 10 seconds'
	[ "$seconds" -eq 0 ] || printf 'an edited /etc/hosts is seen after %s seconds\n' "$seconds"
	run exec "$two" "$prefix-nope"
	printf 'exec of a program that is not there: status %s, %s\n' "$status" "$(last_error)" | redact
	refused 'delete, running' "web=$two" delete "$two"
	succeeds "$two" stop -t 1 "$two"
	run logs --boot -n 5 "$two"
	expect 'exit status of logs --boot' "$status" 0
	for name in $made; do
		succeeds "$name" delete "$name"
	done
	made=
fi

printf '%s commands of container %s\n' "$count" "$version" | redact
if [ "$differences" -eq 0 ]; then
	printf 'nothing differs\n'
else
	printf '%s differences\n' "$differences"
	exit 1
fi
