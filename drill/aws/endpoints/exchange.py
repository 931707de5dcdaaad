"""One request and its answer as bytes: read whole, passed on, answered with an error."""

import socket
from contextlib import suppress
from email.utils import formatdate

from drill.failure_modes import Answer

_CHUNK = 65536
_END = b"\r\n\r\n"
_UPSTREAM_SECONDS = 120.0


def read_request(client: socket.socket) -> bytes:
    """The next request, head and body; empty at the end of the connection."""
    received = b""
    while _END not in received:
        received += (more := client.recv(_CHUNK))
        if not more:
            return b""
    head, _, body = received.partition(_END)
    fields = _fields(head)
    if b"100-continue" in fields.get(b"expect", b""):
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while not _is_whole(fields, body):
        body += (more := client.recv(_CHUNK))
        if not more:
            return b""
    return _without_waiting(head) + _END + body


def pass_on(request: bytes, port: int) -> bytes:
    """What the service on this port of loopback answers; empty when it hangs up."""
    answer = b""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)) as upstream:
        upstream.settimeout(_UPSTREAM_SECONDS)
        upstream.sendall(request)
        while more := upstream.recv(_CHUNK):
            answer += more
    return answer


def refusal(answer: Answer, speaks: str) -> bytes:
    """The error in the words of a service that speaks JSON or XML."""
    kind, body = _body(answer, speaks)
    head = (
        f"HTTP/1.1 {answer.status} Failed\r\nDate: {formatdate(usegmt=True)}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body.encode()


def _body(answer: Answer, speaks: str) -> tuple[str, str]:
    code = answer.code
    if not code:
        return "text/html", answer.body
    if speaks == "json":
        return "application/x-amz-json-1.1", f'{{"__type": "{code}", "message": "{code}"}}'
    # Some services wrap the error, S3 does not, EC2 lists it; each reads its own form.
    code = code.removesuffix("Exception")
    error = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
    wrapped = f"{error}<Errors>{error}</Errors><Code>{code}</Code><Message>{code}</Message>"
    return "text/xml", f"<ErrorResponse>{wrapped}</ErrorResponse>"


def _fields(head: bytes) -> dict[bytes, bytes]:
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return {name.strip().lower(): value.strip().lower() for name, _, value in lines}


def _is_whole(fields: dict[bytes, bytes], body: bytes) -> bool:
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        return body.endswith(b"0\r\n\r\n")
    return len(body) >= int(fields.get(b"content-length", b"0"))


def _without_waiting(head: bytes) -> bytes:
    """The head for a server that gets the body at once, and hangs up after its answer."""
    lines = [
        line
        for line in head.split(b"\r\n")
        if not line.lower().startswith((b"expect:", b"connection:"))
    ]
    return b"\r\n".join([*lines, b"Connection: close"])
