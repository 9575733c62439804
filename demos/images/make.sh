#!/usr/bin/env bash
# Makes demo images with the names of the four images of the tutorial from Debian packages and
# imports them with `holm import`; see readme.md.
set -eu

holm=${HOLM:-holm}
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/holm-demo-images
here=$(cd "$(dirname "$0")" && pwd)
pull_seconds=60
pull=no

usage() {
	cat <<END
Usage: make.sh [--pull] [--cache DIRECTORY] [IMAGE...]

Makes redis:alpine, python:3.10-alpine, nginx:alpine and alpine/bash, or those
named, out of Debian's packages. Existing images stay.

  --pull             pull the real image if a registry responds within $pull_seconds s
  --cache DIRECTORY  downloads and finished file systems; now $cache

HOLM names the command, default holm.
END
}

fail() {
	printf 'make.sh: %s\n' "$1" >&2
	exit 1
}

images=()
while [ $# -gt 0 ]; do
	case $1 in
		--pull) pull=yes ;;
		--cache) shift; cache=${1:?--cache needs a directory} ;;
		--help | -h) usage; exit ;;
		-*) usage >&2; exit 2 ;;
		*) images+=("$1") ;;
	esac
	shift
done
[ ${#images[@]} -gt 0 ] || images=(redis:alpine python:3.10-alpine nginx:alpine alpine/bash)

command -v "$holm" >/dev/null || fail "$holm is not installed; HOLM names another command"

# Packages by image; busybox is the shell and the small tools of all of them.
packages_of() {
	case $1 in
		redis:alpine) echo redis-server ;;
		python:3.10-alpine) echo python3 python3-flask python3-redis python3-pip ca-certificates ;;
		nginx:alpine) echo nginx ;;
		alpine/bash) echo bash curl ca-certificates ;;
		*) fail "no demo image for $1: there are redis:alpine, python:3.10-alpine, nginx:alpine and alpine/bash" ;;
	esac
}

# Packages only needed by maintainer scripts, which do not run here, or by an init system.
needless='^(adduser|base-files|base-passwd|debconf|debianutils|dpkg|gcc-12-base|init-system-helpers|iproute2|libaudit.*|libbpf1|libcap2-bin|libcap-ng0|libdb5.3|libelf1|libfile-.*-perl|libgdbm.*|libjs-jquery|libmnl0|libnumber-.*-perl|libpam.*|libperl.*|libsemanage.*|libsepol2|libtext-.*-perl|libxtables12|lsb-base|mawk|media-types|openssl|passwd|perl.*|python3-lib2to3|readline-common|sysvinit-utils|tar|ucf|usrmerge)$'

# "name version" of the packages and all their dependencies, as if nothing were installed.
closure_of() {
	apt-get install --simulate --no-install-recommends -o Dir::State::status=/dev/null "$@" busybox-static |
		sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1 \2/p' | grep -vE "${needless%\$} " | LC_ALL=C sort
}

download() {
	mkdir -p "$cache/packages"
	local name version missing=()
	while read -r name version; do
		compgen -G "$cache/packages/${name}_${version//:/%3a}_*.deb" >/dev/null || missing+=("$name=$version")
	done
	# apt warns that its sandbox user cannot write to this user's cache.
	[ ${#missing[@]} -eq 0 ] || (cd "$cache/packages" && apt-get -q=2 -o APT::Sandbox::User=root download "${missing[@]}" >&2)
}

unpack() {
	local root=$1 directory name version
	mkdir -p "$root"/{etc,proc,sys,dev,root,tmp,run,var,usr/{bin,sbin,lib,lib64}}
	chmod 1777 "$root/tmp"
	for directory in bin sbin lib lib64; do
		ln -s "usr/$directory" "$root/$directory"
	done
	while read -r name version; do
		dpkg-deb --fsys-tarfile "$cache/packages/${name}_${version//:/%3a}"_*.deb |
			tar -x -C "$root" --keep-directory-symlink --exclude='./usr/share/doc' --exclude='./usr/share/man' \
				--exclude='./usr/share/info' --exclude='./usr/share/lintian' --exclude='./usr/share/locale' \
				--exclude='./usr/share/bash-completion' --exclude='./usr/share/bug' --exclude='./usr/share/perl5' \
				--exclude='./usr/lib/*/gconv' --exclude='./usr/lib/*/perl*' --exclude='./lib/systemd'
	done
	for name in $(chroot "$root" /bin/busybox --list); do
		[ -e "$root/usr/bin/$name" ] || [ -L "$root/usr/bin/$name" ] || ln -s busybox "$root/usr/bin/$name"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$root/etc/passwd"
	printf 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n' >"$root/etc/group"
	printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
	if [ -d "$root/usr/share/ca-certificates" ]; then
		mkdir -p "$root/etc/ssl/certs"
		cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
		rm -r "$root/usr/share/ca-certificates"
	fi
}

add_user() {
	echo "$2:x:$3:$3:$2:$4:/bin/false" >>"$1/etc/passwd"
	echo "$2:x:$3:" >>"$1/etc/group"
}

prepare_redis() {
	add_user "$1" redis 999 /data
	mkdir -p "$1/data" "$1/usr/local/bin"
	chown 999:999 "$1/data"
	# As in the real image: the server runs as its own user, independent of a volume's owner.
	cat >"$1/usr/local/bin/docker-entrypoint.sh" <<'END'
#!/bin/sh
set -e
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
	chown -R redis:redis .
	exec su -s /bin/sh -c 'exec "$0" "$@"' -- redis "$@"
fi
exec "$@"
END
	chmod 755 "$1/usr/local/bin/docker-entrypoint.sh"
}

# The tutorial pins versions that Debian lacks. pip only reads the metadata, which is in an
# egg-info on older releases of Debian and in a dist-info on newer ones.
pretend_version() {
	local directory=$1/usr/lib/python3/dist-packages name=$2 pinned=$3 found
	mapfile -t found < <(find "$directory" -maxdepth 1 \( -iname "$name-*.egg-info" -o -iname "$name-*.dist-info" \))
	[ ${#found[@]} -eq 1 ] || fail "this Debian's package of $name has no metadata that pip reads"
	find "${found[0]}" \( -name PKG-INFO -o -name METADATA \) -exec sed -i "s/^Version: .*\$/Version: $pinned/" {} +
	mv "${found[0]}" "$directory/$name-$pinned.${found[0]##*.}"
}

prepare_python() {
	local library
	library=$(echo "$1"/usr/lib/python3.*)
	rm -rf "$library"/{EXTERNALLY-MANAGED,distutils,ensurepip,idlelib,lib2to3,pydoc_data,test,tkinter,turtledemo,unittest/test}
	# pip installs without what other builds of packages need.
	rm -rf "$1"/usr/lib/python3/dist-packages/{pkg_resources,setuptools,wheel}
	ln -sf python3 "$1/usr/bin/python"
	ln -sf "$(basename "$library")" "$1/usr/bin/python3"
	pretend_version "$1" flask 2.3.3
	pretend_version "$1" redis 4.5.1
	printf '[global]\ndisable-pip-version-check = true\nroot-user-action = ignore\n' >"$1/etc/pip.conf"
	# Importing from source is slow in an emulated machine. Compiled modules without their sources make the image a third smaller.
	chroot "$1" /usr/bin/python3 -m compileall -q -b --invalidation-mode unchecked-hash "/usr/lib/$(basename "$library")" /usr/lib/python3/dist-packages
	find "$library" "$1/usr/lib/python3/dist-packages" \( -name '*.py' -o -name __pycache__ \) -prune -exec rm -rf {} +
}

prepare_nginx() {
	local directory
	add_user "$1" nginx 101 /nonexistent
	rm -rf "$1/etc/nginx/"{modules-enabled,sites-available,sites-enabled,snippets}
	mkdir -p "$1"/{etc/nginx/conf.d,var/log/nginx,var/lib/nginx}
	ln -sf /dev/stdout "$1/var/log/nginx/access.log"
	ln -sf /dev/stderr "$1/var/log/nginx/error.log"
	cat >"$1/etc/nginx/nginx.conf" <<'END'
user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;

events {
	worker_connections 1024;
}

http {
	include /etc/nginx/mime.types;
	default_type application/octet-stream;
	access_log /var/log/nginx/access.log;
	sendfile on;
	include /etc/nginx/conf.d/*.conf;
}
END
	cat >"$1/etc/nginx/conf.d/default.conf" <<'END'
server {
	listen 80;
	server_name localhost;
	location / {
		root /usr/share/nginx/html;
		index index.html;
	}
}
END
}

prepare() {
	case $2 in
		redis:alpine) prepare_redis "$1" ;;
		python:3.10-alpine) prepare_python "$1" ;;
		nginx:alpine) prepare_nginx "$1" ;;
	esac
}

path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# The configuration of an image, as instructions of a Dockerfile.
changes_of() {
	printf 'ENV PATH=%s\n' "$path"
	case $1 in
		redis:alpine) cat <<'END'
VOLUME /data
WORKDIR /data
EXPOSE 6379
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["redis-server", "--protected-mode", "no"]
END
			;;
		python:3.10-alpine) printf 'ENV LANG=C.UTF-8\nCMD ["python3"]\n' ;;
		nginx:alpine) printf 'EXPOSE 80\nSTOPSIGNAL SIGQUIT\nCMD ["nginx", "-g", "daemon off;"]\n' ;;
		alpine/bash) printf 'CMD ["bash"]\n' ;;
	esac
}

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

# Leaves the finished root file system in the cache.
make_root() {
	local image=$1 finished=$2 closure key
	# shellcheck disable=SC2046 -- the packages of an image are words.
	closure=$(closure_of $(packages_of "$image")) || fail 'apt knows no such packages; apt-get update fetches its lists'
	key=$( (echo "$closure"; cat "$here/make.sh") | sha256sum)
	[ "$(cat "$finished/key" 2>/dev/null)" != "$key" ] || return 0
	[ "$(id -u)" = 0 ] || fail 'making a root file system needs root: sudo make.sh'
	download <<<"$closure"
	work=$(mktemp -d "$cache/work-XXXXXX")
	unpack "$work/root" <<<"$closure"
	prepare "$work/root" "$image"
	ldconfig -r "$work/root"
	tar -C "$work/root" --numeric-owner --sort=name -cf "$work/rootfs.tar" .
	echo "$key" >"$work/key"
	rm -rf "$work/root" "$finished"
	mkdir -p "$(dirname "$finished")"
	chmod 755 "$work"
	mv "$work" "$finished"
	work=
}

mkdir -p "$cache"
for image in "${images[@]}"; do
	packages_of "$image" >/dev/null
	if "$holm" image inspect "$image" >/dev/null 2>&1; then
		echo "$image: there already"
		continue
	fi
	if [ $pull = yes ] && timeout "$pull_seconds" "$holm" pull "$image"; then
		echo "$image: pulled"
		continue
	fi
	finished=$cache/roots/${image//[:\/]/-}
	make_root "$image" "$finished"
	changes=()
	while read -r change; do
		changes+=(--change "$change")
	done < <(changes_of "$image")
	"$holm" import "${changes[@]}" "$finished/rootfs.tar" "$image" >/dev/null
	echo "$image: made from Debian's packages"
done
