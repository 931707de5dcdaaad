"""porcupine, a published checker of linearizability, built from its pinned Go module on first use.

Its model is drill/rig/modules/porcupine/cmd/check-history: a list and a register.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drill.consistency.history import History
from drill.consistency.question import Question, question
from drill.rig.parts.build import build_each
from drill.rig.parts.cache import Cache, default_folder
from drill.rig.parts.go_module import GoTools, pinned
from drill.rig.parts.part import Part

PORCUPINE = Part(
    name="porcupine",
    version=pinned("porcupine", "github.com/anishathalye/porcupine"),
    what="the checker of histories",
    recipe=GoTools(module="porcupine"),
)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the checker says of one history."""

    anomalies: tuple[str, ...] = ()
    """One sentence for each key whose operations no order explains."""
    undecided: tuple[str, ...] = ()
    """The keys on which the checker gave up."""


class Checker:
    """The built program."""

    def __init__(self, program: Path) -> None:
        self._program = program

    @classmethod
    def built(cls, say: Callable[[str], None] = lambda _: None) -> "Checker":
        """Build it where this machine has not yet.

        Raises:
            MissingPrerequisitesError: without Go.
            PartNotBuiltError: when the build fails; the message names its log.
        """
        (part,) = build_each([PORCUPINE], Cache(folder=default_folder()), say)
        return cls(part.folder / "bin" / "check-history")

    def judge(self, history: History) -> Verdict:
        """Look for an order of the operations that explains every answer, key by key."""
        asked = question(history)
        done = subprocess.run(
            [*_nicely(), str(self._program)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=True,
        )
        found: Mapping[str, Any] = json.loads(done.stdout)
        return Verdict(
            anomalies=tuple(
                f"{key}: {explanation(each['stuck'], each.get('state', ()))}"
                for key, each in sorted(found.items())
                if each["result"] == "Illegal"
            ),
            undecided=tuple(
                key for key, each in sorted(found.items()) if each["result"] == "Unknown"
            ),
        )


def explanation(stuck: Question, state: Sequence[str]) -> str:
    """Why an operation fits nowhere: how its answer differs from the list as it would have been."""
    shown = list(stuck["shown"] or ())
    expected = [*state, stuck["element"]] if stuck["kind"] == "append" else list(state)
    missing = [each for each in expected if each not in shown]
    strange = [each for each in shown if each not in expected]
    twice = sorted({each for each in shown if shown.count(each) > 1})
    parts = {"lacks": missing, "shows unexpectedly": strange, "shows more than once": twice}
    told = "; ".join(f"{words} {', '.join(each)}" for words, each in parts.items() if each)
    return f"{stuck['kind']} of {stuck['who']}: {told or 'shows another order or register'}"


def _nicely() -> list[str]:
    return ["nice", "-n", "10"] if shutil.which("nice") else []
