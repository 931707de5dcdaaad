"""The error of a configuration that must not be built."""

from topology.problem import Problem


class Refused(Exception):  # noqa: N818 (it is a verdict, and reads as one at every call)
    """A configuration was refused before anything was touched; `problems` says why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems
