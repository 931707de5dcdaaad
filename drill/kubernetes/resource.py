"""What an API server knows of a kind."""

from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
"""A Kubernetes object as JSON has it."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A kind with the paths that serve it."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    status: bool = False
    """Whether status is a subresource, which writes to the object itself leave alone."""
    short_names: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """`clusters.postgresql.cnpg.io`, as messages and CRDs name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def answers_to(self, word: str) -> bool:
        """Whether kubectl means this resource by `word`."""
        plain, _, group = word.lower().partition(".")
        return plain in {self.plural, self.kind.lower(), *self.short_names} and (
            not group or group in {self.group, f"{self.version}.{self.group}"}
        )
