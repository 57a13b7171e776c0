#!/bin/sh
# Types a command as the units do, with their settings and secrets, as root: deploy/studio.sh account list
# It works as the user studio, in a unit of its own for as long as it lasts; what it reads and prints is yours.
set -eu
name="studio-command-$$"
at="/run/credentials/$name.service"
secrets=/etc/studio/secrets
# Without a terminal, as from cron, what it prints is handed on as it is.
[ -t 0 ] && [ -t 1 ] && how=--pty || how=--pipe
exec systemd-run --quiet --wait --collect "$how" --unit="$name" --uid=studio --gid=studio \
    --working-directory=/srv/studio \
    --property=EnvironmentFile=-/etc/studio/studio.env \
    --property=LoadCredential=database_url:$secrets/database_url \
    --property=LoadCredential=migration_database_url:$secrets/migration_database_url \
    --property=LoadCredential=listen_database_url:$secrets/listen_database_url \
    --property=StateDirectory=studio --property=StateDirectoryMode=0700 --property=UMask=0077 \
    --setenv=DATA_DIR=/var/lib/studio --setenv=PYTHONDONTWRITEBYTECODE=1 \
    --setenv=DATABASE_URL_FILE="$at/database_url" \
    --setenv=MIGRATION_DATABASE_URL_FILE="$at/migration_database_url" \
    --setenv=LISTEN_DATABASE_URL_FILE="$at/listen_database_url" \
    /srv/studio/venv/bin/python -m app "$@"
