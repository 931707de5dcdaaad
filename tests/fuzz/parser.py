"""One parser under test, and how it is tried."""

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.strange_text import strange_texts


@dataclass(frozen=True, kw_only=True)
class Parser:
    """What reads a text that others wrote."""

    name: str
    read: Callable[[str], object]
    seeds: tuple[str, ...] = ()
    """Texts that it reads as they are."""
    refusals: tuple[type[Exception], ...] = ()
    """How it says no; whatever else it raises is a mistake in it."""

    def problem(self, *, number: int, examples: int) -> str | None:
        """Try so many texts, other ones for each number; the smallest that it broke on."""
        broken: list[tuple[str, Exception]] = []

        @seed(number)
        @settings(
            max_examples=examples,
            database=None,
            report_multiple_bugs=False,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(strange_texts(self.seeds))
        def holds(text: str) -> None:
            try:
                self.read(text)
            except self.refusals:
                return
            except Exception as error:
                broken.append((text, error))
                raise

        try:
            holds()
        except Exception as error:
            text = broken[-1][0] if broken else "?"
            return f"{type(error).__name__}: {str(error)[:100]} on {text[:120]!r}"
        return None
