"""obstore: the Rust crate object_store, as delta-rs, polars and Lance use it."""

import os
from datetime import timedelta
from importlib.metadata import version

import obstore
from command import MIB, decline, serve, write
from obstore.store import S3Store


def store(bucket):
    return S3Store(
        bucket,
        endpoint=os.environ["AWS_ENDPOINT_URL"],
        access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        region="us-east-1",
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
        retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=20)},
    )


def told(meta):
    return {"size": meta["size"], "etag": meta["e_tag"].strip('"'), "modified": meta["last_modified"]}


def get(bucket, key, file):
    reply = obstore.get(store(bucket), key)
    write(file, reply.stream())
    return told(reply.meta)


def range_(bucket, key, file, first, last, etag=None):
    span = (int(first), int(last) + 1) if last else {"offset": int(first)}
    options = {"range": span, **({"if_match": f'"{etag}"'} if etag else {})}
    write(file, obstore.get(store(bucket), key, options=options).stream())


def get_parts(bucket, key, file):
    here = store(bucket)
    size = obstore.head(here, key)["size"]
    starts = list(range(0, size, 4 * MIB))
    write(file, obstore.get_ranges(here, key, starts=starts, ends=[min(size, one + 4 * MIB) for one in starts], coalesce=0))


def keys(bucket, prefix):
    return [one["path"] for page in obstore.list(store(bucket), prefix) for one in page]


def put(bucket, key, file):
    if key.endswith("/"):
        decline("its paths have no slash at the end")()
    with open(file, "rb") as stream:
        obstore.put(store(bucket), key, stream)


def put_parts(bucket, key, file):
    with open(file, "rb") as stream:
        obstore.put(store(bucket), key, stream, use_multipart=True, chunk_size=5 * MIB)


def sign(method):
    return lambda bucket, key: [obstore.sign(store(bucket), method, key, timedelta(minutes=5))]


serve(version("obstore"), {
    "put": put,
    "put-parts": put_parts,
    "get": get,
    "get-parts": get_parts,
    "head": lambda bucket, key: told(obstore.head(store(bucket), key)),
    "range": range_,
    "list": keys,
    "copy": lambda bucket, key, to: obstore.copy(store(bucket), key, to),
    "delete": lambda bucket, key: obstore.delete(store(bucket), key),
    "delete-all": lambda bucket, prefix: obstore.delete(store(bucket), keys(bucket, prefix)),
    "presign-get": sign("GET"),
    "presign-put": sign("PUT"),
})
