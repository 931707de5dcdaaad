"""A call of kubectl that did not succeed."""

from host.errors import Failed

_PASSING = frozenset(
    (
        "Conflict",
        "InternalError",
        "ServerTimeout",
        "ServiceUnavailable",
        "Timeout",
        "TooManyRequests",
    )
)
_SERVER = "Error from server ("
_LOCAL = ("error: error validating", "error: unknown")


class KubectlFailed(Failed):
    """What kubectl said, and what kind of failure that is.

    kubectl prints an API error as `Error from server (Reason): message`; a message without that
    is about the way to the server, apart from the few that kubectl makes by itself.
    """

    def __init__(self, what: str, stderr: str) -> None:
        self.message = stderr.strip()
        super().__init__(f"kubectl {what}: {self.message}")

    @property
    def reason(self) -> str | None:
        """The API's own reason, such as `Conflict`; None where the API did not answer."""
        _, found, rest = self.message.partition(_SERVER)
        return rest.partition(")")[0] if found else None

    @property
    def passing(self) -> bool:
        """Whether the same call may succeed a little later.

        So may one for a kind that is not served: a CustomResourceDefinition that was just
        established takes a moment to be.
        """
        if self.reason is not None:
            return self.reason in _PASSING
        return not self.message.startswith(_LOCAL)
