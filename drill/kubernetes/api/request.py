"""One request to the API."""

import json
from dataclasses import dataclass, field
from typing import Any

from drill.kubernetes.status_error import StatusError


@dataclass(frozen=True, kw_only=True)
class ApiRequest:
    """Method, path, query, and the body with its type."""

    method: str
    path: str
    query: dict[str, list[str]] = field(default_factory=dict)
    content_type: str = ""
    user_agent: str = ""
    impersonated: str = ""
    """In whose name the client wants to act; empty for its own."""
    body: bytes = b""

    def option(self, name: str) -> str:
        """The first value of a query parameter; empty where there is none."""
        return self.query.get(name, [""])[0]

    @property
    def dry_run(self) -> bool:
        """Whether nothing must be stored."""
        return self.option("dryRun") == "All"

    @property
    def manager(self) -> str:
        """The field manager: the one named, or else the first word of the user agent."""
        return self.option("fieldManager") or self.user_agent.split("/")[0] or "unknown"

    def document(self) -> Any:
        """The body as JSON or YAML.

        Raises:
            StatusError: 400 where it is neither.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            pass
        import yaml

        try:
            return yaml.safe_load(self.body)
        except yaml.YAMLError as error:
            raise StatusError.bad_request(f"error decoding the body: {error}") from None
