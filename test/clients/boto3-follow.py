"""boto3 with the plugin of docs/clients. Usage: boto3-follow.py URL BUCKET ACTION KEY"""

import io
import json
import sys

import boto3
import nearbucket_follow
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

url, bucket, action, key = sys.argv[1:]
MIB = 1024 * 1024
s3 = boto3.client("s3", endpoint_url=url, config=Config(s3={"addressing_style": "path"}))
nearbucket_follow.enable(s3)

TOLD = ("ETag", "LastModified", "Metadata", "ContentType", "CacheControl", "ContentLength")


def told(reply):
    return {name: str(reply[name]) if name == "LastModified" else reply.get(name) for name in TOLD}


if action == "head-and-get":
    got = s3.get_object(Bucket=bucket, Key=key)
    assert len(got["Body"].read()) == got["ContentLength"]
    print(json.dumps([told(got), told(s3.head_object(Bucket=bucket, Key=key))]))
elif action == "get":
    sys.stdout.buffer.write(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
elif action == "download":
    parts = TransferConfig(multipart_threshold=4 * MIB, multipart_chunksize=4 * MIB)
    file = io.BytesIO()
    s3.download_fileobj(bucket, key, file, Config=parts)
    sys.stdout.buffer.write(file.getvalue())
