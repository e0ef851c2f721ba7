#!/bin/sh
# Run once by the postgres image, on an empty volume: the site's own role, which owns nothing (docs/database-roles.md).
# Its rights on the tables: manage.py grant_application_role, after every migrate.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv word POSTGRES_APP_PASSWORD
CREATE ROLE mila_app LOGIN PASSWORD :'word' NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
SQL
