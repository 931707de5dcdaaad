"""What several folders of the drill's tests share."""

import os

import pytest

from drill.consistency.checker import Checker
from drill.rig.parts.build import MissingPrerequisitesError


@pytest.fixture(scope="session")
def checker() -> Checker:
    """porcupine, which needs Go; only CI must have it."""
    try:
        return Checker.built()
    except MissingPrerequisitesError as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
