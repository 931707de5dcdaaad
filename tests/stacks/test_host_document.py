"""The SSM document takes all that anybody asks of the host program, and is the whole way to it."""

import argparse
import base64
import inspect
import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from drill.aws.command_document import refusals
from host.__main__ import _parser
from pgtwin.aws.aws_site import AwsSite
from tests.golden import ROOT
from tests.stacks.synthesised import Synthesised
from topology.site import SITES

TOKEN = base64.b64encode(b'{"databaseSystemIdentifier": "7?>~"}').decode()
LONGEST_NAME = "postgres-cluster.dr-g9999"
CALLS: dict[str, tuple[Callable[[AwsSite], object], ...]] = {
    "status": (lambda site: site.status(),),
    "demote": (lambda site: site.demote(to="dr", epoch=12),),
    "promote": (lambda site: site.promote(TOKEN), lambda site: site.promote(None)),
    "settle": (lambda site: site.settle(), lambda site: site.settle(wait=False)),
    "follow": (lambda site: site.follow(LONGEST_NAME),),
    "hold": (lambda site: site.hold(epoch=12),),
    "unfence": (lambda site: site.unfence(),),
    "back_up": (lambda site: site.back_up(),),
    "begin_backup": (lambda site: site.begin_backup(),),
    "dump": (lambda site: site.dump(),),
    "restore": (
        lambda site: site.restore(at="2026-11-26T09:30:00+00:00", into="rescue-1", source="dr"),
    ),
    "verify": (lambda site: site.verify(),),
    "_state": (lambda site: site.observe(),),
    "upgrade": (lambda site: site.upgrade(),),
    "upgrade_blockers": (lambda site: site.upgrade_blockers(),),
    "stop_for_upgrade": (lambda site: site.stop_for_upgrade(),),
    "convert": (lambda site: site.convert(LONGEST_NAME),),
    "keep_old_version": (lambda site: site.keep_old_version(),),
    "start_upgraded": (lambda site: site.start_upgraded(),),
    "analyze": (lambda site: site.analyze(),),
    "vacate": (
        lambda site: site.vacate("agent-1", lost=False),
        lambda site: site.vacate("agent-1", lost=True),
        lambda site: site.vacate("agent-1", lost=True, also_lost=("agent-2", "agent-3")),
    ),
    "apply": (lambda site: site.apply(),),
    "certify": (lambda site: site.certify(renew=False), lambda site: site.certify(renew=True)),
    "_stop_postgres": (lambda site: site._stop_postgres(12),),
}
"""Every method that runs a verb, with everything that it can ask for."""


TYPED = sorted(
    command
    for path in (ROOT / "docs").rglob("*.md")
    for command in re.findall(r"^ *\$ (aws ssm send-command .*)$", path.read_text(), re.M)
)


class Asked(Exception):  # noqa: N818 (ends a call where the machine would be asked)
    """What was asked for."""


class Machines:
    """A HostRunner that only says what it was asked."""

    def run(self, verb: str, *arguments: str, within_seconds: float | None = None) -> Any:
        raise Asked(verb, *arguments)


def asked(call: Callable[[AwsSite], object]) -> tuple[str, ...]:
    nobody: Any = None
    site = AwsSite(
        name="primary",
        host=Machines(),
        parameters=nobody,
        outside=nobody,
        alias=nobody,
        load_balancers={},
        buckets=dict,
    )
    with pytest.raises(Asked) as raised:
        call(site)
    return tuple(raised.value.args)


def documents(each: Synthesised) -> list[dict[str, Any]]:
    return [
        document["Content"]
        for site in SITES
        for document in each.properties(site, "AWS::SSM::Document")
        if document["DocumentType"] == "Command"
    ]


def verbs() -> list[str]:
    (choices,) = (
        action.choices
        for action in _parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return list(choices)


def test_the_document_takes_every_verb_of_the_host_program(default: Synthesised) -> None:
    refused = [why for d in documents(default) for v in verbs() for why in refusals(d, given(v))]

    assert "pg_upgrade" in verbs()
    assert not refused


def given(verb: str, *arguments: str) -> dict[str, list[str]]:
    return {"verb": [verb], "arguments": [shlex.join(arguments)]}


def test_every_method_that_runs_a_verb_is_in_the_table() -> None:
    runs = {
        name
        for name, method in inspect.getmembers(AwsSite, inspect.isfunction)
        if "self._host.run(" in inspect.getsource(method)
    }

    assert runs == CALLS.keys()


@pytest.mark.parametrize("method", CALLS)
def test_what_pgtwin_asks_of_a_machine_reaches_the_host_program_whole(
    default: Synthesised, method: str
) -> None:
    for call in CALLS[method]:
        verb, *arguments = asked(call)

        for document in documents(default):
            assert not list(refusals(document, given(verb, *arguments)))
        assert _parser().parse_args([verb, *arguments]).verb == verb


@pytest.mark.parametrize("command", TYPED)
def test_a_verb_that_a_document_has_typed_reaches_the_host_program(
    default: Synthesised, command: str
) -> None:
    shell = argparse.ArgumentParser()
    for option in ("--region", "--document-name", "--parameters"):
        shell.add_argument(option, required=True)
    shell.add_argument("--targets", nargs="+", required=True)
    said = shell.parse_args(shlex.split(command)[3:])
    parameters = dict(each.split("=", 1) for each in said.parameters.split(","))
    words = [parameters["verb"], *shlex.split(parameters.get("arguments", ""))]

    for document in documents(default):
        assert not list(refusals(document, {name: [value] for name, value in parameters.items()}))
    assert _parser().parse_args(words).verb == parameters["verb"]
    assert said.document_name in {f"pgtwin-{site}-host" for site in SITES}
    assert all(re.fullmatch(r"Key=tag:pgtwin:\w+,Values=\w+", each) for each in said.targets)


def test_a_person_may_confirm_that_the_other_site_does_not_write() -> None:
    assert any("verb=admit,arguments=--unconfirmed" in command for command in TYPED)


@pytest.mark.parametrize(
    "hostile", ["a;b", "a|b", "a&b", "$(b)", "`b`", "a\nb", "a>b", "a<b", "'b'", "a*", "{b}", "\\b"]
)
def test_the_document_keeps_a_shells_own_characters_out(default: Synthesised, hostile: str) -> None:
    for document in documents(default):
        assert list(refusals(document, {"verb": [hostile]}))
        for parameter in document["parameters"].keys() - {"verb"}:
            assert list(refusals(document, {"verb": ["status"], parameter: [hostile]}))


def test_what_a_deployment_asks_of_the_machines_is_taken(default: Synthesised) -> None:
    for site, document in zip(SITES, documents(default), strict=True):
        for asked in default.properties(site, "AWS::SSM::Association"):
            sent = {**asked["Parameters"], "bundle": ["0123456789abcdef"]}

            assert asked["Parameters"].keys() == {"verb", "bundle"}
            assert not list(refusals(document, sent))
