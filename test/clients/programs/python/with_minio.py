"""minio-py: on urllib3."""

import os
from datetime import timedelta
from urllib.parse import urlsplit

import minio
from command import MIB, serve, write
from minio import Minio
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteObject

client = Minio(
    urlsplit(os.environ.get("AWS_ENDPOINT_URL", "http://none")).netloc,
    access_key=os.environ.get("AWS_ACCESS_KEY_ID"),
    secret_key=os.environ.get("AWS_SECRET_ACCESS_KEY"),
    secure=False,
    region="us-east-1",
)


def metadata(headers):
    prefix = "x-amz-meta-"
    return {name.lower()[len(prefix) :]: value for name, value in headers.items() if name.lower().startswith(prefix)}


def get(bucket, key, file, **more):
    reply = client.get_object(bucket, key, **more)
    write(file, reply.stream(MIB))
    headers = reply.headers
    return {
        "size": int(headers["content-length"]),
        "etag": headers["etag"].strip('"'),
        "modified": headers["last-modified"],
        "type": headers["content-type"],
        "metadata": metadata(headers),
    }


def range_(bucket, key, file, first, last, etag=None):
    headers = {"If-Match": f'"{etag}"'} if etag else None
    length = int(last) - int(first) + 1 if last else 0
    get(bucket, key, file, offset=int(first), length=length, request_headers=headers)


def head(bucket, key):
    found = client.stat_object(bucket, key)
    return {
        "size": found.size,
        "etag": found.etag,
        "modified": found.last_modified,
        "type": found.content_type,
        "metadata": metadata(found.metadata),
    }


def keys(bucket, prefix):
    return [one.object_name for one in client.list_objects(bucket, prefix, recursive=True)]


def delete_all(bucket, prefix):
    errors = list(client.remove_objects(bucket, [DeleteObject(key) for key in keys(bucket, prefix)]))
    if errors:
        raise RuntimeError(errors)


serve(minio.__version__, {
    "put": lambda bucket, key, file: client.fput_object(bucket, key, file) and None,
    "put-parts": lambda bucket, key, file: client.fput_object(bucket, key, file, part_size=5 * MIB) and None,
    "get": get,
    "get-parts": "reads an object in one piece",
    "head": head,
    "range": range_,
    "list": keys,
    "copy": lambda bucket, key, to: client.copy_object(bucket, to, CopySource(bucket, key)) and None,
    "delete": lambda bucket, key: client.remove_object(bucket, key),
    "delete-all": delete_all,
    "presign-get": lambda bucket, key: [client.presigned_get_object(bucket, key, timedelta(minutes=5))],
    "presign-put": lambda bucket, key: [client.presigned_put_object(bucket, key, timedelta(minutes=5))],
})
