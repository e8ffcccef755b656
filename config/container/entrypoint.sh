#!/bin/sh
# Runs a command of gpend as PUID and PGID. The root of the container may be read-only, and need no rights but those to
# become somebody else. The configuration lies in /state, where it can be changed; the first start puts it there.
set -eu

if [ "$(id -u)" -eq 0 ] && [ "${PUID:-1000}" -ne 0 ]; then
  if [ "$(stat -c %u /state)" -eq 0 ] && [ -z "$(ls -A /state)" ]; then
    chown "$PUID:$PGID" /state # a new volume
  fi
  exec setpriv --reuid="$PUID" --regid="$PGID" --clear-groups --inh-caps=-all --no-new-privs "$0" "$@"
fi

if [ ! -e "$GPEND_CONFIG" ] && [ "${1:-}" != health ]; then # to ask changes nothing
  cp /etc/gpend/gpend.yaml "$GPEND_CONFIG" 2> /dev/null || {
    echo "gpend: $(id -u):$(id -g) may not write to /state. Give it that folder: chown $(id -u):$(id -g) FOLDER" >&2
    exit 2
  }
fi
exec gpend "$@"
