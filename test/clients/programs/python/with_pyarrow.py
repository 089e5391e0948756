"""pyarrow's S3 file system: Arrow's C++ on aws-sdk-cpp, which is libcurl."""

import os
from urllib.parse import urlsplit

import pyarrow
from command import MIB, decline, read, serve, write
from pyarrow import fs

at = urlsplit(os.environ.get("AWS_ENDPOINT_URL", "http://none"))
s3 = fs.S3FileSystem(
    access_key=os.environ.get("AWS_ACCESS_KEY_ID", ""),
    secret_key=os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
    region="us-east-1",
    scheme=at.scheme,
    endpoint_override=at.netloc,
    force_virtual_addressing=False,
)


def path(bucket, key):
    if key.endswith("/"):
        decline("takes such a name for a folder")()
    return f"{bucket}/{key}"


def put(bucket, key, file):
    with s3.open_output_stream(path(bucket, key)) as out:
        out.write(read(file))


def put_parts(bucket, key, file):
    content = read(file)
    with s3.open_output_stream(f"{bucket}/{key}", buffer_size=5 * MIB) as out:
        for start in range(0, len(content), MIB):
            out.write(content[start : start + MIB])


def metadata(stream):
    found = {name: value.decode() for name, value in stream.metadata().items()}
    return {
        "size": int(found["Content-Length"]),
        "etag": found["ETag"].strip('"'),
        "modified": found["Last-Modified"],
        "type": found["Content-Type"],
    }


def get(bucket, key, file):
    with s3.open_input_file(f"{bucket}/{key}") as stream:
        write(file, [stream.read()])
        return metadata(stream)


def range_(bucket, key, file, first, last, etag=None):
    with s3.open_input_file(f"{bucket}/{key}") as stream:
        end = int(last) + 1 if last else stream.size()
        write(file, [stream.read_at(end - int(first), int(first))])


def get_parts(bucket, key, file):
    with s3.open_input_file(f"{bucket}/{key}") as stream:
        write(file, (stream.read_at(4 * MIB, start) for start in range(0, stream.size(), 4 * MIB)))


def head(bucket, key):
    with s3.open_input_file(f"{bucket}/{key}") as stream:
        return metadata(stream)


def keys(bucket, prefix):
    found = s3.get_file_info(fs.FileSelector(f"{bucket}/{prefix.rstrip('/')}", recursive=True))
    return [one.path.split("/", 1)[1] for one in found if one.type == fs.FileType.File]


serve(pyarrow.__version__, {
    "put": put,
    "put-parts": put_parts,
    "get": get,
    "get-parts": get_parts,
    "head": head,
    "range": range_,
    "list": keys,
    "copy": lambda bucket, key, to: s3.copy_file(f"{bucket}/{key}", f"{bucket}/{to}"),
    "delete": lambda bucket, key: s3.delete_file(f"{bucket}/{key}"),
    "delete-all": lambda bucket, prefix: s3.delete_dir(f"{bucket}/{prefix}"),
    "presign-get": "presigns nothing",
    "presign-put": "presigns nothing",
})
