"""A recording holds what changed, once, and no token."""

import io
import json
from collections.abc import Iterator
from typing import Any

from drill.rig.recorder import Observed, digests, write

TOKEN = "a long token"


def cluster(seconds: float, *, token: str | None = None, **status: Any) -> Observed:
    item = {
        "metadata": {"generation": 1, "annotations": {"pgtwin/demotion-token": TOKEN, "else": "x"}},
        "spec": {"replica": {"primary": "one", "source": "two", "promotionToken": token}},
        "status": {
            "conditions": [{"type": "Ready", "status": "True", "reason": "It is"}],
            **status,
        },
    }
    return Observed(seconds=seconds, kind="cluster", name="one", value=item)


def test_what_did_not_change_is_written_once() -> None:
    looks = [cluster(0, phase="a"), cluster(1, phase="a", image="b"), cluster(2, phase="c")]

    assert [line["seconds"] for line in digests(looks)] == [0, 2]


def test_a_token_is_a_name_and_the_same_token_has_the_same_name() -> None:
    (line,) = digests([cluster(0, token="another", demotionToken=TOKEN)])

    assert line["annotations"] == {"pgtwin/demotion-token": line["demotionToken"]}
    assert line["replica"]["promotionToken"] != line["demotionToken"]
    assert TOKEN not in json.dumps(line)


def test_what_the_operator_did_not_set_is_absent() -> None:
    (line,) = digests([cluster(0)])

    assert "readyInstances" not in line
    assert line["conditions"] == {"Ready": "True It is"}


def test_what_was_done_to_the_site_is_written_every_time() -> None:
    done = Observed(seconds=0, kind="input", name="", value={"what": "delete pod one-1"})

    assert len(list(digests([done, done]))) == 2


def test_an_object_that_is_gone_leaves_a_line() -> None:
    gone = Observed(seconds=1.04, kind="pod", name="one-1", value=None)

    assert list(digests([gone])) == [
        {"seconds": 1.0, "kind": "pod", "name": "one-1", "deleted": True}
    ]


def test_a_pod_is_told_by_its_role_and_whether_it_is_ready() -> None:
    pod = {
        "metadata": {"labels": {"cnpg.io/instanceRole": "primary"}, "deletionTimestamp": "now"},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]},
    }

    (line,) = digests([Observed(seconds=0, kind="pod", name="one-1", value=pod)])

    assert {"role": "primary", "ready": False, "deleting": True}.items() <= line.items()


def test_a_file_begins_with_what_it_was_made_with() -> None:
    file = io.StringIO()

    write([cluster(0)], {"recording": "fence"}, file)

    head, line = (json.loads(text) for text in file.getvalue().splitlines())
    assert head == {"recording": "fence"}
    assert line["kind"] == "cluster"


def test_a_line_is_in_the_file_before_the_next_thing_is_observed() -> None:
    file = io.StringIO()
    lines = list[int]()

    def looks() -> Iterator[Observed]:
        lines.append(len(file.getvalue().splitlines()))
        yield cluster(0)
        lines.append(len(file.getvalue().splitlines()))

    write(looks(), {"recording": "fence"}, file)

    assert lines == [1, 2]
