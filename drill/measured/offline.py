"""Figures that need no pair of sites, or that nobody but a person can read off a run.

They are written by hand or by a benchmark.
"""

from drill.measured.kind import Kind

_HEADLINES = (
    ("planted-faults", "planted faults that turn the drill red", "of 6", "`tests/drill/`"),
    (
        "protocol-states",
        "states of the protocol model without a violation",
        "states",
        "`make model OPTIONS=--slice`",
    ),
    (
        "embedded-resources",
        "resources of the templates found",
        "of 200",
        "`make deploy-embedded`",
    ),
    (
        "deploy-embedded",
        "both stacks deployed into the embedded AWS",
        "s",
        "`make deploy-embedded`",
    ),
    ("life", "deployments and replacements that kept their promise", "of 24", "`make life`"),
    (
        "failures",
        "cells of the matrix of failures that were played and judged",
        "cells",
        "`make failures`",
    ),
    ("failures-wrong", "... of them wrong", "cells", "`make failures`"),
    ("corpus", "the corpus of awkward databases, none wrong", "s", "`make corpus`"),
    ("synth-ratio", "synth against an empty app", "times", "`make bench`"),
    ("host-size", "the host program", "KiB", "`make synth`"),
    ("host-help", "... `--help`", "s", "`python build/host.pyz --help`"),
    ("host-memory", "... memory at boot", "MiB", "`tests/host/boot`"),
)
_IN_SENTENCES = (
    ("host-start", "fetch, verify, start of the program", "s", "`/var/lib/pgtwin/boot.json`"),
    (
        "boot-before-k3s",
        "boot up to k3s: settings, volume, format",
        "s",
        "`/var/lib/pgtwin/boot.json`",
    ),
    ("k3s-hash", "the hash of k3s", "s", "`/var/lib/pgtwin/boot.json`"),
    (
        "archive-look",
        "a look into the archive that finds nothing, on an idle machine",
        "s",
        "scenario `instance-deleted`, by hand",
    ),
    (
        "archive-look-busy",
        "... where all else on two cores restarts",
        "s",
        "scenario `instance-deleted`, by hand",
    ),
    (
        "upgrade-given-up",
        "a new major version given up: the old one writes, after `pg_upgrade` failed",
        "s",
        "scenario `major-upgrade`, with a `pg_upgrade` that fails",
    ),
)
KINDS = tuple(
    Kind(name=name, title=title, unit=unit, by=by, headline=kinds is _HEADLINES)
    for kinds in (_HEADLINES, _IN_SENTENCES)
    for name, title, unit, by in kinds
)
"""In the order of the tables."""
