"""DuckDB with its httpfs extension: whole files as text, since it reads tables and not bytes."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import duckdb_extension_httpfs
from command import decline, read, serve, write

extension = next(Path(duckdb_extension_httpfs.__file__).parent.rglob("httpfs.duckdb_extension"))
sql = duckdb.connect()
sql.execute(f"LOAD '{extension}'")
if "AWS_ENDPOINT_URL" in os.environ:
    values = {
        "KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
        "SECRET": os.environ["AWS_SECRET_ACCESS_KEY"],
        "REGION": "us-east-1",
        "ENDPOINT": urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc,
        "URL_STYLE": "path",
    }
    sql.execute(f"CREATE SECRET (TYPE s3, USE_SSL false, {', '.join(f'{name} {value!r}' for name, value in values.items())})")


def get(bucket, key, file):
    content, size, modified = sql.execute(
        "SELECT content, size, last_modified FROM read_blob(?)", [f"s3://{bucket}/{key}"]
    ).fetchone()
    write(file, [content])
    return {"size": size, "modified": modified}


def head(bucket, key):
    size, modified = sql.execute("SELECT size, last_modified FROM read_blob(?)", [f"s3://{bucket}/{key}"]).fetchone()
    return {"size": size, "modified": modified}


def put(bucket, key, file):
    if read(file) == b"" or key.endswith("/"):
        decline("writes no empty file, and finds no name with a slash at the end")()
    quoted = key.replace("'", "''")
    sql.execute("CREATE TABLE lines (line VARCHAR)")
    sql.execute("INSERT INTO lines SELECT unnest(string_split(?, chr(10)))", [read(file).decode()[:-1]])
    sql.execute(f"COPY lines TO 's3://{bucket}/{quoted}' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '')")


WHOLE = "reads and writes whole tables"
serve(duckdb.__version__, {
    "put": put,
    "put-parts": "chooses its parts itself",
    "get": get,
    "get-parts": get,
    "head": head,
    "range": WHOLE,
    "list": lambda bucket, prefix: [
        name.split("/", 3)[3] for (name,) in sql.execute("SELECT file FROM glob(?)", [f"s3://{bucket}/{prefix}**"]).fetchall()
    ],
    "copy": WHOLE,
    "delete": "deletes nothing",
    "delete-all": "deletes nothing",
    "presign-get": "presigns nothing",
    "presign-put": "presigns nothing",
})
