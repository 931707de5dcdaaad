"""What a group of tests shares ends with the last of them, and not with the session."""

import re
from contextlib import nullcontext

import pytest

from tests import held

pytest_plugins = ("pytester",)
CONFTEST = """
from contextlib import contextmanager

import pytest

from tests import held


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item):
    held.one_ended(item)


@pytest.fixture(scope="session")
def _shared(request):
    @contextmanager
    def begin():
        print("begun")
        yield "shared"
        print("over")

    shared = held.Held(begin)
    held.hold(request.session, "group", shared)
    yield shared
    shared.end()


@pytest.fixture
def shared(_shared):
    return _shared.get()
"""
USES = """
import pytest


@pytest.mark.xdist_group("group")
def test_uses(shared):
    print("used")


@pytest.mark.xdist_group("group")
def test_does_not_use():
    print("not used")
"""
OTHER = "def test_other():\n    print('other')\n"


def test_it_runs_from_its_first_use_to_the_last_test_of_the_group(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(CONFTEST)
    files = {"test_a": USES, "test_b": OTHER, "test_c": USES, "test_d": OTHER}
    pytester.makepyfile(**files)

    done = pytester.runpytest_inprocess("-s", "-p", "no:xdist", "-p", "no:cacheprovider")

    order = re.findall("(begun|not used|used|other|over)$", "\n".join(done.outlines), re.MULTILINE)
    group = ["used", "not used"]
    assert order == ["begun", *group, "other", *group, "over", "other"]


def test_what_is_asked_for_after_its_end_begins_again() -> None:
    shared = held.Held(lambda: nullcontext(object()))
    first = shared.get()
    assert shared.get() is first
    shared.end()

    assert shared.get() is not first
