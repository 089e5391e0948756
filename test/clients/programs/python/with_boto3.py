"""boto3: single calls for what tells headers, its transfer manager for parts, both ways of presigning."""

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from command import MIB, serve, write

parts = TransferConfig(multipart_threshold=10 * MIB, multipart_chunksize=5 * MIB)


def connect(**settings):
    return boto3.client("s3", config=Config(s3={"addressing_style": "path"}, **settings))


s3 = connect()


def told(reply):
    return {
        "size": reply["ContentLength"],
        "etag": reply["ETag"].strip('"'),
        "modified": reply["LastModified"],
        "type": reply["ContentType"],
        "metadata": reply["Metadata"],
    }


def get(bucket, key, file, **more):
    reply = s3.get_object(Bucket=bucket, Key=key, **more)
    write(file, reply["Body"].iter_chunks(MIB))
    return told(reply)


def range_(bucket, key, file, first, last, etag=None):
    get(bucket, key, file, Range=f"bytes={first}-{last}", **({"IfMatch": f'"{etag}"'} if etag else {}))


def keys(bucket, prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def delete_all(bucket, prefix):
    reply = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys(bucket, prefix)]})
    if reply.get("Errors"):
        raise RuntimeError(reply["Errors"])


def presign(method):
    clients = [s3, connect(signature_version="s3"), connect(signature_version="s3v4")]
    return lambda bucket, key: [
        client.generate_presigned_url(method, Params={"Bucket": bucket, "Key": key}) for client in clients
    ]


serve(boto3.__version__, {
    "put": lambda bucket, key, file: s3.upload_file(file, bucket, key, Config=parts),
    "put-parts": lambda bucket, key, file: s3.upload_file(file, bucket, key, Config=parts),
    "get": get,
    "get-parts": lambda bucket, key, file: s3.download_file(bucket, key, file, Config=parts),
    "head": lambda bucket, key: told(s3.head_object(Bucket=bucket, Key=key)),
    "range": range_,
    "list": keys,
    "copy": lambda bucket, key, to: s3.copy({"Bucket": bucket, "Key": key}, bucket, to, Config=parts),
    "delete": lambda bucket, key: s3.delete_object(Bucket=bucket, Key=key) and None,
    "delete-all": delete_all,
    "presign-get": presign("get_object"),
    "presign-put": presign("put_object"),
})
