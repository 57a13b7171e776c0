#!/bin/sh
# Makes the roles and the database, as a superuser, once: who migrates owns the tables, who serves owns nothing.
# OWNER_PASSWORD_FILE and WEB_PASSWORD_FILE name files with the passwords of studio_owner and studio_web, PSQL what
# calls psql, such as "runuser -u postgres -- psql".
set -eu
owner="$(cat "${OWNER_PASSWORD_FILE:-/run/secrets/owner_password}")"
web="$(cat "${WEB_PASSWORD_FILE:-/run/secrets/web_password}")"
export owner web
# Whoever psql is called as may not be allowed into this folder.
cd /
# Several words: it is to be split.
${PSQL:-psql} --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
\getenv owner owner
\getenv web web
SET password_encryption = 'scram-sha-256';
SET log_statement = 'none';
SET log_min_duration_statement = -1;
CREATE ROLE studio_app NOLOGIN;
CREATE ROLE studio_owner LOGIN PASSWORD :'owner';
CREATE ROLE studio_web LOGIN PASSWORD :'web';
GRANT studio_app TO studio_owner, studio_web;
GRANT pg_read_all_stats TO studio_owner;
CREATE DATABASE studio OWNER studio_owner;
SQL
