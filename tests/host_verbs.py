"""The verbs of the host program, as its parser has them."""

import argparse

from host.__main__ import _parser


def verbs() -> set[str]:
    """Their names."""
    return set(_parsers())


def options_of_verbs() -> dict[str, list[str]]:
    """The options of each, without `--help`."""
    return {
        name: [each.option_strings[-1] for each in parser._actions if each.dest != "help"]
        for name, parser in _parsers().items()
    }


def _parsers() -> dict[str, argparse.ArgumentParser]:
    (group,) = [each for each in _parser()._actions if isinstance(each, argparse._SubParsersAction)]
    return dict(group.choices)
