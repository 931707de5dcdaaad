"""`pgtwin-host <verb>`: what docs/interfaces.md says about arguments, output and exit codes."""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from host.errors import HostError
from host.explain import explain
from host.machine import journal
from host.machine.boto_aws import BotoAws
from host.machine.http_imds import HttpImds
from host.machine.http_web import HttpWeb
from host.machine.machine import Machine
from host.machine.rooted_files import RootedFiles
from host.machine.subprocess_shell import SubprocessShell
from host.machine.system_clock import SystemClock

_log = logging.getLogger("host")
_SITES = ("primary", "dr")
_DECIDED = "epoch of the record by which this was decided"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and print its result; the exit code."""
    parsed = _parser().parse_args(arguments)
    journal.start()
    verb = import_module(f"host.verbs.{parsed.verb}")
    try:
        result = verb.run(_machine(parsed.root), parsed)
    except Exception as error:
        ours = explain(error)
        if ours is None:
            raise
        return _fail(ours)
    _print(result)
    return 0


def _fail(error: HostError) -> int:
    _log.error("%s", error)
    _print({"error": str(error), "exit_code": error.exit_code})
    return error.exit_code


def _print(result: Any) -> None:
    json.dump(result, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _machine(root: str) -> Machine:
    files, imds = RootedFiles(root), HttpImds()
    return Machine(
        shell=SubprocessShell(),
        files=files,
        clock=SystemClock(),
        imds=imds,
        web=HttpWeb(files),
        aws=BotoAws(imds),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pgtwin-host",
        description="Keeps this machine, and its site, as the bundle describes them.",
        epilog="exit codes: 0 done, 2 refused, 3 failed, 4 timed out, 5 locked. Pages "
        "that a message names, docs/..., are in pgtwin's repository.",
    )
    parser.add_argument("--root", default="/", help="use this folder as the machine's root")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, text: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=text, description=text)

    verb("boot", "make this machine a member of its site; runs at every start").add_argument(
        "--others-lost",
        action="store_true",
        help="make the cluster here: you confirm that every other server is lost for good",
    )
    verb("apply", "bring the site's objects to what its bundle says; never moves the writer")
    verb("refresh", "bring this machine to the newest bundle, without a restart of k3s")
    certify = verb("certify", "issue this site's certificates that are due")
    certify.add_argument("--renew", action="store_true", help="reissue all of them")
    admit = verb("admit", "open or close the port for clients, as the record says")
    admit.add_argument("--watch", action="store_true", help="repeat every two seconds")
    admit.add_argument(
        "--unconfirmed",
        action="store_true",
        help="open it with the other region silent: you confirm that it does not write",
    )
    verb("hold", "let commits wait for the other region, as promised").add_argument(
        "--watch", action="store_true", help="repeat every five seconds"
    )
    verb("ready", "check everything that 'deployed' means")
    status = verb("status", "print one document about the site")
    status.add_argument(
        "--state", action="store_true", help="only the part that decides who may write"
    )
    verb("report", "write the heartbeat and the metrics")
    upgrade = verb("upgrade", "bring every machine to the bundle's k3s, one at a time")
    upgrade.add_argument("--local", action="store_true", help="only replace this machine's binary")
    major = verb("pg_upgrade", "bring the writer's data to the configured major version")
    which = major.add_mutually_exclusive_group(required=True)
    which.add_argument("--check", action="store_true", help="say what pg_upgrade would refuse")
    which.add_argument("--stop", action="store_true", help="stop PostgreSQL, archive everything")
    which.add_argument("--convert", metavar="NAME", help="server name of the new archive")
    which.add_argument("--back", action="store_true", help="back to the old version's image")
    which.add_argument("--start", action="store_true", help="start PostgreSQL, wait for a write")
    which.add_argument("--analyze", action="store_true", help="make the missing statistics")
    _vacating(verb("vacate", "check that a machine can be replaced, and move the primary off it"))
    demote = verb("demote", "make this site a replica; prints the token for the new writer")
    demote.add_argument("--to", required=True, choices=_SITES, help="site that becomes the writer")
    demote.add_argument("--epoch", type=int, help=_DECIDED)
    promote = verb("promote", "make this site the writer")
    how = promote.add_mutually_exclusive_group(required=True)
    how.add_argument("--token", help="token that demote printed; nothing is lost")
    how.add_argument("--without-token", action="store_true", help="the writer's site is lost")
    settle = verb("settle", "finish a promotion, once clients use this site")
    settle.add_argument("--begin", action="store_true", help="do not wait for the restarts")
    follow = verb("follow", "clone this site's cluster again, from the peer")
    follow.add_argument("--server-name", required=True, help="server name of its new archive")
    verb("fence", "stop PostgreSQL on this site and keep the data").add_argument(
        "--epoch", type=int, help=_DECIDED
    )
    verb("unfence", "start PostgreSQL again")
    backup = verb("backup", "take a base backup now")
    backup.add_argument("--begin", action="store_true", help="do not wait for its end")
    verb("dump", "take a dump now")
    restore = verb("restore", "restore into a new cluster, as of a moment")
    restore.add_argument("--at", required=True, metavar="TIME", help="ISO 8601 with a zone")
    restore.add_argument("--into", required=True, metavar="NAME", help="name of the new cluster")
    restore.add_argument(
        "--from", dest="source", choices=_SITES, help="the site whose archive is restored"
    )
    verify = verb("verify", "verify that this site's backups can be restored")
    verify.add_argument("--weekly", action="store_true", help="only if the last one is a week old")
    return parser


def _vacating(vacate: argparse.ArgumentParser) -> None:
    vacate.add_argument("--machine", required=True, metavar="NODE", help="such as agent-1")
    vacate.add_argument(
        "--lost", action="store_true", help="the machine is dead: check only the others"
    )
    vacate.add_argument(
        "--also-lost",
        action="append",
        default=[],
        metavar="NODE",
        help="with --lost: dead as well, not waited for",
    )


if __name__ == "__main__":
    sys.exit(main())
