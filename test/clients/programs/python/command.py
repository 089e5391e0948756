"""The command line of the client programs (program.ts), for those in Python: `serve` does what it asks for."""

import json
import sys

NOT_OFFERED = 64
MIB = 1024 * 1024


def decline(reason):
    def declined(*_):
        print(reason, file=sys.stderr)
        sys.exit(NOT_OFFERED)

    return declined


def show(value):
    """Objects are what the client was told, lists are keys or URLs."""
    print(json.dumps(value, default=lambda one: one.isoformat()))


def serve(version, actions):
    """`actions`: name -> function of BUCKET, KEY and what else the action takes."""
    action, *words = sys.argv[1:]
    if action == "version":
        return print(version)
    found = actions[action]
    if isinstance(found, str):
        found = decline(found)
    result = found(*words)
    if isinstance(result, (dict, list)):
        show(result)


def write(file, chunks):
    with open(file, "wb") as out:
        for chunk in chunks:
            out.write(chunk)


def read(file):
    with open(file, "rb") as stream:
        return stream.read()
