"""Decides, call by call, what goes wrong; replayed with every sequence of decisions."""

from dataclasses import dataclass, field


class Crash(BaseException):
    """The command ends between two calls; nothing in the plan may catch it."""


@dataclass
class Oracle:
    """Follows `script`, then takes the first option; remembers how many options there were."""

    script: tuple[int, ...]
    faults: int
    options: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)

    def choose(self, outcomes: tuple[str, ...]) -> str:
        """One of the outcomes; all but the first cost a fault."""
        count = len(outcomes) if self.faults else 1
        index = self.script[len(self.taken)] if len(self.taken) < len(self.script) else 0
        self.options.append(count)
        self.taken.append(index)
        if index:
            self.faults -= 1
        return outcomes[index % len(outcomes)]

    def alternatives(self) -> list[tuple[int, ...]]:
        """The scripts that differ from this one at a later decision."""
        found = []
        for position in range(len(self.script), len(self.taken)):
            for index in range(1, self.options[position]):
                found.append((*self.taken[:position], index))
        return found
