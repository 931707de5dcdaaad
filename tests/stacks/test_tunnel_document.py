"""An operator's tunnel ends at the writer, whatever he asks for."""

from typing import Any

import pytest

from drill.aws.command_document import refusals
from tests.stacks.synthesised import Synthesised
from topology.site import SITES, SiteName

site_of = pytest.mark.parametrize("site", SITES)


def tunnel(each: Synthesised, site: SiteName) -> dict[str, Any]:
    (document,) = [
        document
        for document in each.properties(site, "AWS::SSM::Document")
        if document["Name"] == each.topology.names.tunnel_document(site)
    ]
    assert document["DocumentType"] == "Session"
    return dict(document["Content"])


@site_of
def test_the_far_end_of_a_tunnel_is_written_in_its_document(
    each: Synthesised, site: SiteName
) -> None:
    content = tunnel(each, site)
    far_end = {key: content["properties"][key] for key in ("type", "host", "portNumber")}

    assert content["sessionType"] == "Port"
    assert far_end == {
        "type": "LocalPortForwarding",
        "host": each.topology.names.writer_alias(),
        "portNumber": "5432",
    }
    assert content["parameters"].keys() == {"localPortNumber"}


@site_of
def test_the_caller_chooses_the_near_end_and_nothing_else(
    default: Synthesised, site: SiteName
) -> None:
    content = tunnel(default, site)

    assert not list(refusals(content, {"localPortNumber": ["15432"]}))
    assert list(refusals(content, {"localPortNumber": ["15432"], "host": ["10.0.0.2"]}))
    assert list(refusals(content, {"localPortNumber": ["15432; id"]}))
