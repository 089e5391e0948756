#!/bin/sh
# Makes on each MinIO what the gateway needs there: the bucket "blobs", the user "nearbucket" that works in it, and the
# user "nearbucket-redirect" that may only read blobs and signs the redirects. May be run again, also with new secrets.
#
#   make-users.sh URL...
#
# MINIO_ROOT_USER and MINIO_ROOT_PASSWORD open the stores; STORE_SECRET and STORE_REDIRECT_SECRET are given to the users.
set -eu
here=$(dirname "$0")
: "${STORE_SECRET:?}" "${STORE_REDIRECT_SECRET:?}"

# Secrets come by standard input: arguments can be read by everybody on the machine.
make_user() {
  mc admin policy create store "$1" "$here/$3"
  printf '%s\n%s\n' "$1" "$2" | mc admin user add store
  mc admin policy attach store "$1" --user "$1"
}

for url in "$@"; do
  export MC_HOST_store="${url%%://*}://$MINIO_ROOT_USER:$MINIO_ROOT_PASSWORD@${url#*://}"
  mc ready store
  mc mb --ignore-existing store/blobs
  make_user nearbucket "$STORE_SECRET" gateway-policy.json
  make_user nearbucket-redirect "$STORE_REDIRECT_SECRET" redirect-policy.json
done
