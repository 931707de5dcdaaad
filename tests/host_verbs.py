"""The verbs of the host program, as its parser has them."""

import argparse

from host.__main__ import _parser


def verbs() -> set[str]:
    """Their names."""
    (group,) = [each for each in _parser()._actions if isinstance(each, argparse._SubParsersAction)]
    return set(group.choices)
