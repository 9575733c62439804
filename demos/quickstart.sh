#!/usr/bin/env bash
# From a built checkout to a running application: prepares this host, starts the engine,
# runs the tutorial's two containers and opens the dashboard. A second run reuses all of it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$(command -v node)" "$here/../dist/cli.js" >"$work/holm"
chmod 755 "$work/holm"
export HOLM=$work/holm

"$HOLM" setup
"$HOLM" system start

if "$HOLM" inspect my-web my-redis-db >/dev/null 2>&1; then
	"$HOLM" start my-redis-db my-web >/dev/null
	echo 'The application runs: http://localhost:8000'
else
	"$here/tutorial/run.sh" --keep
fi

if [ -t 0 ] && [ -t 1 ]; then
	"$HOLM"
fi

cat <<'END'

What to try next (npm link makes holm a command of this shell; until then it is node dist/cli.js):

  curl http://localhost:8000                    the application, through its published port
  holm                                          the dashboard; ? lists its keys, q goes back and quits
  holm ps                                       running containers
  holm logs -f my-web                           its logs
  holm network inspect myapp-net                the containers on its network
  holm network dns myapp-net                    the DNS records of its network
  holm exec -it my-web sh                       a shell in it; try: ping my-redis-db
  holm rm -f my-web my-redis-db                 remove the containers, then
  holm network rm myapp-net                     their network
  holm system stop --all                        and the engine
END
