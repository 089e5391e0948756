"""What the boto3 test asks of boto3: one action a run. Usage: boto3-client.py URL BUCKET ACTION [ARGUMENT ...]"""

import json
import sys

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

url, bucket, action, *arguments = sys.argv[1:]
MIB = 1024 * 1024


def connect(**settings):
    return boto3.client("s3", endpoint_url=url, config=Config(s3={"addressing_style": "path"}, **settings))


s3 = connect()
parts = TransferConfig(multipart_threshold=10 * MIB, multipart_chunksize=5 * MIB)


def keys(prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": 2})
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def put(file, key):
    s3.upload_file(file, bucket, key, Config=parts)


def get(key, file):
    s3.download_file(bucket, key, file, Config=parts)


def read(key, span):
    sys.stdout.buffer.write(s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={span}")["Body"].read())


def list_(prefix):
    print(json.dumps(keys(prefix)))


def copy(source, target):
    s3.copy({"Bucket": bucket, "Key": source}, bucket, target, Config=parts)


def delete(key):
    s3.delete_object(Bucket=bucket, Key=key)


def delete_all(prefix):
    reply = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys(prefix)]})
    if reply.get("Errors"):
        sys.exit(json.dumps(reply["Errors"]))


def presign(key):
    clients = [s3, connect(signature_version="s3"), connect(signature_version="s3v4")]
    print(json.dumps([client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}) for client in clients]))


{"put": put, "get": get, "read": read, "list": list_, "copy": copy, "delete": delete, "delete_all": delete_all, "presign": presign}[action](*arguments)
