"""What is wrong with a configuration, and the error of one that must not be built."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One mistake: the fields it is about, and what is allowed there."""

    fields: tuple[str, ...]
    allowed: str

    def __str__(self) -> str:
        """One line, also of a key with a line break in it."""
        line = f"{', '.join(self.fields)}: {self.allowed}"
        shown = (each if each.isprintable() else ascii(each)[1:-1] for each in line)
        return "".join(shown)


class Refused(Exception):  # noqa: N818 (it is a verdict, and reads as one at every call)
    """A configuration was refused before anything was touched; `problems` says why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems
