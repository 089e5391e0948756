"""polars: tables of text lines, since it reads no bytes; object_store underneath."""

import os

import polars
from command import decline, read, serve


def options():
    return {
        "aws_endpoint_url": os.environ["AWS_ENDPOINT_URL"],
        "aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"],
        "aws_region": "us-east-1",
        "aws_allow_http": "true",
        "max_retries": 1,
    }


PLAIN = {"separator": "\x01", "quote_char": None, "has_header": False}


def get(bucket, key, file):
    table = polars.scan_csv(f"s3://{bucket}/{key}", storage_options=options(), new_columns=["line"], **PLAIN).collect()
    with open(file, "w", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in table["line"])
    return {}


def put(bucket, key, file):
    lines = read(file).decode().splitlines()
    if lines == [] or key.endswith("/"):
        decline("writes no empty file, and no name with a slash at the end")()
    table = polars.LazyFrame({"line": lines})
    table.sink_csv(f"s3://{bucket}/{key}", storage_options=options(), include_header=False, quote_style="never")


TABLES = "reads and writes tables"
serve(polars.__version__, {
    "put": put,
    "put-parts": "chooses its parts itself",
    "get": get,
    "get-parts": get,
    "head": TABLES,
    "range": TABLES,
    "list": TABLES,
    "copy": TABLES,
    "delete": TABLES,
    "delete-all": TABLES,
    "presign-get": "presigns nothing",
    "presign-put": "presigns nothing",
})
