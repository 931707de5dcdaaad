"""A call of kubectl that did not succeed: which kind of failure that is, from what kubectl printed.

What always holds: unknown is not no. Only what says so itself is a conflict, is gone, is refused or
may pass; whatever else kubectl prints is final and loud, so that no call is repeated for minutes on
a guess, and none is taken for an answer.

kubectl v0.36.4 prints an error of the API as `Error from server (Reason): message`, apart from
three cases (pkg/cmd/util/helpers.go, checkErr and StandardErrorMessage; pkg/cmd/apply/apply.go,
applyOneObject): an invalid object is `The KIND "NAME" is invalid: ...`; a conflict of a server-side
apply loses its reason and is `error: Operation cannot be fulfilled on ...`; and an API that does
not answer is told in the words of Go's network library. Warnings and klog's lines may come first.
"""

import re
from enum import Enum

from host.errors import Failed


class Failure(Enum):
    """What a caller has to do about it."""

    CONFLICT = "somebody else changed or deleted the object: read it again and rebuild"
    GONE = "there is no such object"
    REFUSED = "the API, a schema or a webhook refuses it: the same call never succeeds"
    PASSING = "nobody answered, or not now: the same call may succeed a little later"
    UNKNOWN = "it is unknown what happened"


_BY_REASON = {
    "AlreadyExists": Failure.REFUSED,
    "BadRequest": Failure.REFUSED,
    "Conflict": Failure.CONFLICT,
    "Forbidden": Failure.REFUSED,
    "InternalError": Failure.PASSING,
    "Invalid": Failure.REFUSED,
    "MethodNotAllowed": Failure.REFUSED,
    "NotAcceptable": Failure.REFUSED,
    "NotFound": Failure.GONE,
    "RequestEntityTooLarge": Failure.REFUSED,
    "ServerTimeout": Failure.PASSING,
    "ServiceUnavailable": Failure.PASSING,
    "StorageReadError": Failure.PASSING,
    "Timeout": Failure.PASSING,
    "TooManyRequests": Failure.PASSING,
    "UnsupportedMediaType": Failure.REFUSED,
}
"""apimachinery v0.36.4 pkg/apis/meta/v1/types.go. InternalError is what a webhook that is not up
looks like: `failed calling webhook ...: no route to host`."""
_REASON = re.compile(r"^Error from server \((\w+)\): (.*)", re.DOTALL)
_NOISE = re.compile(r"^(Warning: .*|[IWEF]\d{4} [\d:.]+ .*)(\n|\Z)", re.MULTILINE)
_NOT_SERVED = re.compile(
    r"the server could not find the requested resource|the server doesn't have a resource type|"
    r"no matches for kind"
)
"""A CustomResourceDefinition that was just established takes a moment to be served."""
_NO_ANSWER = re.compile(
    r"connection (refused|reset by peer)|was refused - did you specify|no route to host|"
    r"i/o timeout|TLS handshake timeout|context deadline exceeded|Client\.Timeout exceeded|"
    r"unexpected EOF|: EOF\b|client connection lost|network is unreachable|broken pipe|"
    r"timed out waiting for the condition|request timed out|etcdserver: |error dialing backend"
)
_REFUSED = Failure.REFUSED
_UNTRUSTED = re.compile(r"x509: |tls: ")
_BY_WORDS = (
    (re.compile(r"^error: Operation cannot be fulfilled on "), Failure.CONFLICT),
    (re.compile(r"^(The .+|The request) is invalid"), _REFUSED),
    (_NOT_SERVED, Failure.PASSING),
    (_UNTRUSTED, Failure.UNKNOWN),
    (_NO_ANSWER, Failure.PASSING),
    (re.compile(r"^error: (Apply failed with|error validating|error parsing|unknown) "), _REFUSED),
    (re.compile(r'^Error from server: (error when \w+ing "[^"]*": )?admission webhook '), _REFUSED),
)
"""In this order: `error validating` may be for want of an answer."""


class KubectlFailed(Failed):
    """What kubectl said, and what kind of failure that is."""

    def __init__(self, what: str, stderr: str) -> None:
        self.message = _NOISE.sub("", stderr).strip() or stderr.strip()
        super().__init__(f"kubectl {what}: {self.message}")

    @property
    def failure(self) -> Failure:
        """Which kind."""
        reason = _REASON.match(self.message)
        if reason is not None:
            if reason[1] == "NotFound" and _NOT_SERVED.search(reason[2]):
                return Failure.PASSING
            return _BY_REASON.get(reason[1], Failure.UNKNOWN)
        found = (kind for words, kind in _BY_WORDS if words.search(self.message))
        return next(found, Failure.UNKNOWN)

    @property
    def reason(self) -> str | None:
        """The API's own reason, such as `AlreadyExists`; None where kubectl does not print one."""
        found = _REASON.match(self.message)
        return found[1] if found else None

    @property
    def passing(self) -> bool:
        """Whether the same call may succeed a little later."""
        return self.failure is Failure.PASSING
