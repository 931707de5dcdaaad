"""Figures that are measured without a pair of sites, and are written by hand or by a benchmark."""

from drill.measured.kind import Kind


def kinds() -> tuple[Kind, ...]:
    """In the order of the table."""
    return (
        _kind("planted-faults", "planted faults that turn the drill red", "of 6", "`tests/drill/`"),
        _kind(
            "protocol-states",
            "states of the protocol model without a violation",
            "states",
            "`tests/pgtwin/test_protocol_model.py`",
        ),
        _kind(
            "embedded-resources",
            "resources of the templates found",
            "of 200",
            "`make deploy-embedded`",
        ),
        _kind(
            "deploy-embedded",
            "both stacks deployed into the embedded AWS",
            "s",
            "`make deploy-embedded`",
        ),
        _kind(
            "life", "deployments and replacements that kept their promise", "of 24", "`make life`"
        ),
        _kind(
            "failures",
            "cells of the matrix of failures that were played and judged",
            "cells",
            "`make failures`",
        ),
        _kind("failures-wrong", "... of them wrong", "cells", "`make failures`"),
        _kind("corpus", "the corpus of awkward databases, none wrong", "s", "`make corpus`"),
        _kind("synth-ratio", "synth against an empty app", "times", "`make bench`"),
        _kind("host-size", "the host program", "KiB", "`make synth`"),
        _kind("host-help", "... `--help`", "s", "`python build/host.pyz --help`"),
        _kind("host-memory", "... memory at boot", "MiB", "`tests/host/boot`"),
    )


def _kind(name: str, title: str, unit: str, by: str) -> Kind:
    return Kind(name=name, title=title, unit=unit, by=by, headline=True)
