"""opendal: its own S3 code on reqwest; it sends no User-Agent."""

import asyncio
import os
from importlib.metadata import version

import opendal
from command import MIB, decline, read, serve, write


def settings(bucket):
    return {
        "bucket": bucket,
        "endpoint": os.environ["AWS_ENDPOINT_URL"],
        "access_key_id": os.environ["AWS_ACCESS_KEY_ID"],
        "secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"],
        "region": "us-east-1",
    }


def at(bucket):
    return opendal.Operator("s3", **settings(bucket))


def told(found):
    return {"size": found.content_length, "etag": found.etag.strip('"'), "type": found.content_type}


def get(bucket, key, file):
    write(file, [at(bucket).read(key)])
    return {}


def range_(bucket, key, file, first, last, etag=None):
    with at(bucket).open(key, "rb") as stream:
        stream.seek(int(first))
        write(file, [stream.read()[: int(last) - int(first) + 1 if last else None]])


def get_parts(bucket, key, file):
    write(file, [at(bucket).read(key, concurrent=3, chunk=4 * MIB)])


def put(bucket, key, file):
    if key.endswith("/"):
        decline("takes such a name for a folder")()
    at(bucket).write(key, read(file))


def put_parts(bucket, key, file):
    at(bucket).write(key, read(file), chunk=5 * MIB)


def keys(bucket, prefix):
    return [one.path for one in at(bucket).scan(prefix) if not one.path.endswith("/")]


def presign(method):
    async def sign(bucket, key):
        signed = await getattr(opendal.AsyncOperator("s3", **settings(bucket)), method)(key, 300)
        return signed.url

    return lambda bucket, key: [asyncio.run(sign(bucket, key))]


serve(version("opendal"), {
    "put": put,
    "put-parts": put_parts,
    "get": get,
    "get-parts": get_parts,
    "head": lambda bucket, key: told(at(bucket).stat(key)),
    "range": range_,
    "list": keys,
    "copy": lambda bucket, key, to: at(bucket).copy(key, to),
    "delete": lambda bucket, key: at(bucket).delete(key),
    "delete-all": lambda bucket, prefix: at(bucket).remove_all(prefix),
    "presign-get": presign("presign_read"),
    "presign-put": presign("presign_write"),
})
