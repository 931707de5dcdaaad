"""What could not be learned is a value of its own: never empty, and never healthy."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """Nobody could tell; `because` follows that word in a sentence."""

    because: str

    @classmethod
    def after(cls, error: str) -> "Unknown":
        """What an answer failed with, in the words of whoever failed."""
        return cls(because=f"of this error: {error}")
