"""boto3 reads from the store that a nearbucket gateway points to, and from the gateway where that fails.

    import boto3, nearbucket_follow
    s3 = boto3.client("s3", endpoint_url="https://gateway.example")
    nearbucket_follow.enable(s3)

The request that follows is bare: no credential and no header of the first one comes to the store. The object's own
ETag, Last-Modified, metadata and checksums come from the gateway's answer, so botocore checks the bytes against them.
"""

from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.exceptions import HTTPClientError

FOLLOWS = "nearbucket-follow/1"
NEVER = "nearbucket-redirect/0"
SET = "x-nearbucket-set-"


def enable(client):
    """Every GetObject of this client follows from now on, also those that transfers make."""
    # The client's own session, with its proxies, certificates and time-outs.
    session = client._endpoint.http_session
    client.meta.events.register("before-send.s3.GetObject", lambda request, **_: _get(session, request))


def _get(session, request):
    answer = session.send(_with_agent(request, FOLLOWS))
    location = answer.headers.get("Location")
    if answer.status_code != 307 or location is None:
        return answer
    answer.content  # Frees the connection.
    followed = _try_there(session, request, location)
    if followed is None:
        return session.send(_with_agent(request, NEVER))
    for name, value in answer.headers.items():
        if name.lower().startswith(SET):
            followed.headers[name[len(SET) :]] = value
    return followed


def _try_there(session, request, location):
    """None: the store cannot be reached, or does not give out the object."""
    kept = {name: value for name, value in request.headers.items() if name.lower() in ("range", "user-agent")}
    bare = AWSPreparedRequest("GET", location, HeadersDict(kept), None, request.stream_output)
    try:
        answer = session.send(bare)
    except HTTPClientError:
        return None
    if answer.status_code in (200, 206):
        return answer
    answer.raw.close()
    return None


def _with_agent(request, token):
    agent = request.headers.get("User-Agent", "")
    agent = agent.decode() if isinstance(agent, bytes) else agent
    headers = HeadersDict(request.headers.items())
    headers["User-Agent"] = f"{agent} {token}"
    return AWSPreparedRequest(request.method, request.url, headers, request.body, request.stream_output)
