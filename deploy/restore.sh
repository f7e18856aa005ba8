#!/usr/bin/env bash
# deploy/restore.sh FILE.dump - put the database back as it was in FILE.dump, all of it or nothing. The program's
# processes must be stopped. If FILE.keys.tar lies beside it and this installation has no keys, they are put back too.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ "${PRIYOM_WITH_DATABASE:-}" != 1 ]; then
    PRIYOM_WITH_DATABASE=1 exec "$root/.venv/bin/priyom" with-database "$root/deploy/restore.sh" "$@"
fi
if [ $# -ne 1 ] || [ ! -f "$1" ]; then
    echo "usage: deploy/restore.sh FILE.dump" >&2
    exit 2
fi
others=$(psql -XAtc "select count(*) from pg_stat_activity where datname = current_database()
    and pid <> pg_backend_pid() and backend_type = 'client backend'" "$DATABASE_URL")
if [ "$others" != 0 ]; then
    echo "restore.sh: $others connections are open; stop the program first" >&2
    exit 1
fi
# The whole dump is read before anything is touched: a damaged file changes nothing.
umask 077
script=$(mktemp)
trap 'rm -f "$script"' EXIT
echo "set client_min_messages = warning; drop schema public cascade; create schema public;" >"$script"
pg_restore --no-owner --no-privileges --file=- "$1" >>"$script"
psql -Xq --single-transaction --set=ON_ERROR_STOP=1 --file="$script" "$DATABASE_URL" >/dev/null
keys="${1%.dump}.keys.tar"
if [ -f "$keys" ]; then
    if [ -e "$PRIYOM_DATA/keys/secrets.key" ]; then
        echo "the keys in $PRIYOM_DATA/keys were left as they are; those of the backup are in $keys"
    else
        tar -C "$PRIYOM_DATA" -xf "$keys"
    fi
fi
echo "restored; now run: priyom migrate"
