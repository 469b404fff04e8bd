#!/bin/bash -e
# Stands in for qubes-core-agent's (compared with 4.3.46): it reads what packages and the owner want kept, copies to /rw what is not
# there yet, and binds the copy over the original, for good.
binds=()
for conf in /usr/lib/qubes-bind-dirs.d/*.conf /etc/qubes-bind-dirs.d/*.conf /rw/config/qubes-bind-dirs.d/*.conf; do
  [ ! -e "$conf" ] || . "$conf"
done
mkdir -p /rw/bind-dirs
for original in "${binds[@]}"; do
  [ -e "$original" ] || continue
  [ -e "/rw/bind-dirs$original" ] || cp --archive --parents "$original" /rw/bind-dirs
  mount --bind "/rw/bind-dirs$original" "$original"
done
