"""Mountpoint's client on the AWS Common Runtime, as the S3 connector for PyTorch ships it."""

import os
from importlib.metadata import version

from command import MIB, read, serve, write
from s3torchconnectorclient._mountpoint_s3_client import MountpointS3Client


def client():
    return MountpointS3Client(
        region="us-east-1",
        user_agent_prefix="matrix",
        throughput_target_gbps=1.0,
        part_size=5 * MIB,
        force_path_style=True,
        endpoint=os.environ["AWS_ENDPOINT_URL"],
    )


def get(bucket, key, file):
    write(file, client().get_object(bucket, key))
    return {}


def range_(bucket, key, file, first, last, etag=None):
    end = int(last) + 1 if last else client().head_object(bucket, key).size
    write(file, client().get_object(bucket, key, start=int(first), end=end))


def put(bucket, key, file):
    stream = client().put_object(bucket, key)
    stream.write(read(file))
    stream.close()


def head(bucket, key):
    found = client().head_object(bucket, key)
    return {"size": found.size, "etag": found.etag.strip('"')}


def keys(bucket, prefix):
    return [one.key for page in client().list_objects(bucket, prefix) for one in page.object_info]


def delete_all(bucket, prefix):
    for key in keys(bucket, prefix):
        client().delete_object(bucket, key)


serve(version("s3torchconnectorclient"), {
    "put": put,
    "put-parts": put,
    "get": get,
    "get-parts": get,
    "head": head,
    "range": range_,
    "list": keys,
    "copy": lambda bucket, key, to: client().copy_object(bucket, key, bucket, to),
    "delete": lambda bucket, key: client().delete_object(bucket, key),
    "delete-all": delete_all,
    "presign-get": "presigns nothing",
    "presign-put": "presigns nothing",
})
