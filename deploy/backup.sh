#!/usr/bin/env bash
# deploy/backup.sh FOLDER - write the database and the keys of this installation into FOLDER, readable by you alone.
# Works while the program runs, and while it does not.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ "${PRIYOM_WITH_DATABASE:-}" != 1 ]; then
    PRIYOM_WITH_DATABASE=1 exec "$root/.venv/bin/priyom" with-database "$root/deploy/backup.sh" "$@"
fi
[ $# -eq 1 ] || { echo "usage: deploy/backup.sh FOLDER" >&2; exit 2; }
umask 077
mkdir -p "$1"
name="$1/priyom-$(date -u +%Y%m%dT%H%M%SZ)"
trap 'rm -f "$name.dump.part"' EXIT
pg_dump --format=custom --no-owner --no-privileges --file="$name.dump.part" "$DATABASE_URL"
pg_restore --list "$name.dump.part" >/dev/null
mv "$name.dump.part" "$name.dump"
if [ -d "$PRIYOM_DATA/keys" ]; then
    tar -C "$PRIYOM_DATA" -cf "$name.keys.tar" keys
    echo "$name.keys.tar"
fi
echo "$name.dump"
