#!/bin/sh
# Makes the secrets of compose.scale.yaml, once: a file for `docker compose --env-file` that its owner alone can read.
#
#   make-secrets.sh [FILE]        scale.env beside this script unless told
#
# Keep a copy where it survives this machine: without NEARBUCKET_ENCRYPTION_KEY the keys in the database cannot be read.
set -eu
file=${1:-$(dirname "$0")/scale.env}
if [ -e "$file" ]; then
  echo "$file is there already, and what it opens needs it: nothing was changed" >&2
  exit 1
fi

# 40 hexadecimal digits: they need no quoting, neither in a URL nor in YAML.
secret() { od -An -N20 -tx1 /dev/urandom | tr -d ' \n'; }

umask 077
# Whole or not at all.
cat >"$file.new" <<END
NEARBUCKET_ROOT_ACCESS_KEY=nearbucket
NEARBUCKET_ROOT_SECRET_KEY=$(secret)
NEARBUCKET_ENCRYPTION_KEY=$(secret)
STORE_SECRET=$(secret)
STORE_REDIRECT_SECRET=$(secret)
MINIO_ROOT_USER=minio-root
MINIO_ROOT_PASSWORD=$(secret)
POSTGRES_PASSWORD=$(secret)
GRAFANA_PASSWORD=$(secret)
END
mv "$file.new" "$file"
echo "made $file"
