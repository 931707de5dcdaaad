"""How measurements are spread, and what every part of a report is made of."""

from collections.abc import Iterable
from statistics import quantiles
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Value(BaseModel):
    """A part of a report, which can be read back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _read_back(cls, data: Any) -> Any:
        """A written report holds what is computed, too."""
        computed = cls.model_computed_fields
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if key not in computed}


class Distribution(Value):
    """Seconds, over `n` measurements; all None where nothing was measured."""

    p50: float | None
    p95: float | None
    max: float | None
    n: int
    values: tuple[float, ...] = ()

    @classmethod
    def of(cls, values: Iterable[float]) -> "Distribution":
        """The distribution of some measurements, in seconds."""
        ordered = tuple(sorted(values))
        if not ordered:
            return cls(p50=None, p95=None, max=None, n=0)
        cuts = quantiles(ordered, n=100, method="inclusive") if len(ordered) > 1 else []
        p50, p95 = (cuts[49], cuts[94]) if cuts else (ordered[0], ordered[0])
        return cls(p50=p50, p95=p95, max=ordered[-1], n=len(ordered), values=ordered)
