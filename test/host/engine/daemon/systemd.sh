#!/bin/sh
# What the tests take for systemd in a namespace of their own: it makes the socket of holm.socket, passes it to the command of
# holm.service, and remembers both by files in its directory.
state=/run/systemd/fake
units=/etc/systemd/system
mkdir -p "$state"
echo "$*" >>"$state/calls"

# One that has ended may wait for its parent.
is_alive() {
	[ -e "/proc/$1/status" ] && ! grep -q '^State:.Z' "/proc/$1/status"
}

start() {
	if [ -e "$state/holm.service" ] && is_alive "$(cat "$state/holm.service")"; then
		return
	fi

	# One from before has nobody behind it.
	rm -f /run/holm/holm.sock
	eval "set -- $(sed -n 's/^ExecStart=//p' "$units/holm.service")"
	perl -MSocket -MPOSIX -e '
		BEGIN { $^F = 255 }
		mkdir "/run/holm", 0755;
		socket(my $socket, PF_UNIX, SOCK_STREAM, 0) or die "$!";
		unlink "/run/holm/new.sock";
		bind($socket, sockaddr_un("/run/holm/new.sock")) && listen($socket, 128) or die "$!";
		chown 0, scalar getgrnam("holm"), "/run/holm/new.sock";
		chmod 0660, "/run/holm/new.sock";
		rename "/run/holm/new.sock", "/run/holm/holm.sock" or die "$!";
		POSIX::dup2(fileno($socket), 3);
		$ENV{LISTEN_PID} = $$;
		$ENV{LISTEN_FDS} = 1;
		exec @ARGV' "$@" >>"$state/log" 2>&1 </dev/null &
	echo $! >"$state/holm.service"
	: >"$state/holm.socket"
	while [ ! -S /run/holm/holm.sock ]; do
		is_alive "$(cat "$state/holm.service")" || exit 1
		sleep 0.01
	done
}

stop() {
	case $1 in
	holm.socket)
		rm -f "$state/holm.socket" /run/holm/holm.sock
		;;
	holm.service)
		[ -e "$state/holm.service" ] || return 0
		pid=$(cat "$state/holm.service")
		kill "$pid" 2>/dev/null
		while is_alive "$pid"; do sleep 0.01; done
		rm -f "$state/holm.service"
		;;
	esac
}

[ "$1" != --quiet ] || shift
verb=$1
shift
case $verb in
daemon-reload | enable | disable) ;;
start) start ;;
stop) for unit; do stop "$unit"; done ;;
is-active)
	[ "$1" != --quiet ] || shift
	[ -e "$state/$1" ] || exit 3
	[ "$1" = holm.socket ] || is_alive "$(cat "$state/$1")" || exit 3
	;;
is-system-running) echo running ;;
*) exit 1 ;;
esac
