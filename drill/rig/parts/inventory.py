"""What the rig consists of, for a report: the version of each part, and what is a stand-in."""

from collections.abc import Mapping

from drill.rig.parts.catalogue import PARTS


def versions() -> Mapping[str, str]:
    """The version of each program and layer by its part's name; images are made from these."""
    return {part.name: part.version for part in PARTS if not part.name.startswith("image-")}


def stand_ins() -> tuple[str, ...]:
    """A sentence for each part that is not the real thing: what it replaces, and how far."""
    return tuple(
        f"{part.name} stands in for {part.stands_in_for}." for part in PARTS if part.stands_in_for
    )
