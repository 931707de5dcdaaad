"""When a site's Prometheus, where there is one, calls for a person."""

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An expression that must stay empty. `runbook` is its page in docs/runbooks/."""

    runbook: str
    expression: str
    minutes: int
    severity: Literal["critical", "warning"]
    meaning: str

    @property
    def name(self) -> str:
        """The alert's name: the runbook's in Prometheus' spelling."""
        return re.sub(r"(?:^|-)(\w)", lambda match: match[1].upper(), self.runbook)
