"""When a site's Prometheus, where there is one, needs attention."""

import re
from dataclasses import dataclass

from topology.alarms import ALARMS, AlarmMeaning


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An expression that must stay empty. `runbook` is its page in docs/runbooks/."""

    runbook: str
    expression: str
    minutes: int

    @property
    def says(self) -> AlarmMeaning:
        """Its severity and its meaning, from the catalogue."""
        return ALARMS[self.runbook]

    @property
    def name(self) -> str:
        """The alert's name: the runbook's in Prometheus' spelling."""
        return re.sub(r"(?:^|-)(\w)", lambda match: match[1].upper(), self.runbook)
