"""s3fs of fsspec, on aiobotocore."""

import os

import s3fs
from command import MIB, serve

fs = s3fs.S3FileSystem(
    endpoint_url=os.environ["AWS_ENDPOINT_URL"] if "AWS_ENDPOINT_URL" in os.environ else None,
    default_block_size=5 * MIB,
    config_kwargs={"s3": {"addressing_style": "path"}},
)


def told(bucket, key):
    found = fs.info(f"{bucket}/{key}")
    return {
        "size": found["size"],
        "etag": found["ETag"].strip('"'),
        "modified": found["LastModified"],
        "type": found["ContentType"],
        "metadata": fs.metadata(f"{bucket}/{key}"),
    }


def get(bucket, key, file):
    fs.get_file(f"{bucket}/{key}", file)
    return {}


def get_parts(bucket, key, file):
    with fs.open(f"{bucket}/{key}", "rb") as stream, open(file, "wb") as out:
        while chunk := stream.read(4 * MIB):
            out.write(chunk)


def range_(bucket, key, file, first, last, etag=None):
    end = int(last) + 1 if last else fs.info(f"{bucket}/{key}")["size"]
    with open(file, "wb") as out:
        out.write(fs.cat_file(f"{bucket}/{key}", start=int(first), end=end))


def keys(bucket, prefix):
    return [name.split("/", 1)[1] for name in fs.find(f"{bucket}/{prefix}", withdirs=False)]


serve(s3fs.__version__, {
    "put": lambda bucket, key, file: fs.put_file(file, f"{bucket}/{key}"),
    "put-parts": lambda bucket, key, file: fs.put_file(file, f"{bucket}/{key}", chunksize=5 * MIB),
    "get": get,
    "get-parts": get_parts,
    "head": told,
    "range": range_,
    "list": keys,
    "copy": lambda bucket, key, to: fs.cp_file(f"{bucket}/{key}", f"{bucket}/{to}"),
    "delete": lambda bucket, key: fs.rm_file(f"{bucket}/{key}"),
    "delete-all": lambda bucket, prefix: fs.rm(f"{bucket}/{prefix}", recursive=True),
    "presign-get": lambda bucket, key: [fs.sign(f"{bucket}/{key}")],
    "presign-put": "signs reads only",
})
