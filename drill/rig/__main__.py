"""`python -m drill.rig up|down|status|run|record|cut`: both sites as real Kubernetes here.

Progress goes to stderr. `status` prints JSON. Exit codes: 0 done, 1 failed, 2 this computer or the
input cannot be used and nothing was touched, 130 interrupted (what was made is removed again).
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from drill.aws.deployment import DeploymentFailed
from drill.rig import empty_clusters, parts, prerequisites, record, remains
from drill.rig.alone import RigIsTaken, alone
from drill.rig.machine import MachineIsOff, RigMachine, machines_of
from drill.rig.name import RigName
from drill.rig.real_parts import RealParts
from drill.rig.rig import Rig, SiteNotReady
from topology.load import load
from topology.refused import Refused
from topology.site import SITES

INTERRUPTED = 130
SERVER = "server-1"
_FAILURES = (SiteNotReady, DeploymentFailed, parts.PartNotBuiltError, OSError, RuntimeError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    parsed = _parser().parse_args(arguments)
    if parsed.command == "cut":
        return _cut(parsed)
    needed = prerequisites.missing if parsed.command == "up" else prerequisites.missing_rights
    if reasons := needed():
        for reason in reasons:
            _say(reason)
        return 2
    rigs = (RigName(run=parsed.run),) if parsed.run else RigName.known()
    if parsed.command == "up":
        return _up(rigs[0], parsed.config, empty=parsed.empty)
    return _with(rigs, parsed)


def _with(rigs: Sequence[RigName], parsed: argparse.Namespace) -> int:
    """Run a command about rigs that exist, or did."""
    if parsed.command == "run":
        return _run(rigs, parsed.machine, parsed.argv)
    if parsed.command == "record":
        return _record(rigs, parsed)
    if parsed.command == "down":
        return _down(rigs)
    _print([_status(name) for name in rigs])
    return 0


def _down(rigs: Sequence[RigName]) -> int:
    """Remove them; one that cannot be removed keeps no other."""
    code = 0
    for name in rigs:
        try:
            remains.remove(name, _say)
        except (OSError, RuntimeError) as error:
            _say(f"{name.run}: {error}; something of it is left - repeat: make rig-down")
            code = 1
        except KeyboardInterrupt:
            _say(f"{name.run}: interrupted; something of it is left - repeat: make rig-down")
            return INTERRUPTED
    return code


def _run(rigs: Sequence[RigName], wanted: str, argv: Sequence[str]) -> int:
    """Run a command on a machine, with this terminal; its exit code."""
    machine = _machine(rigs, wanted)
    if machine is None:
        return 2
    try:
        return subprocess.run(machine.command(argv or ["bash"]), check=False).returncode
    except MachineIsOff as off:
        _say(str(off))
        return 1


def _machine(rigs: Sequence[RigName], wanted: str) -> RigMachine | None:
    known = {each.name: each for name in reversed(rigs) for each in machines_of(name)}
    if wanted not in known:
        _say(f"no machine {wanted}; there are: {', '.join(known) or 'none - run: make rig-up'}")
    return known.get(wanted)


def _record(rigs: Sequence[RigName], parsed: argparse.Namespace) -> int:
    """Record a site until Ctrl-C or SIGTERM."""
    server = _machine(rigs, f"{parsed.site}-{SERVER}")
    if server is None:
        return 2
    kubectl = ["k3s", "kubectl"]
    try:
        record.record(
            lambda arguments: server.command([*kubectl, *arguments]), parsed.file, what=parsed.what
        )
    except OSError as error:
        _say(f"nothing is recorded: {error}")
        return 2
    return 0


def _cut(parsed: argparse.Namespace) -> int:
    """Write a part of a recording."""
    try:
        record.cut(
            parsed.whole,
            parsed.file,
            start=parsed.start,
            end=parsed.end,
            what=parsed.what,
            done=parsed.done,
        )
    except (OSError, ValueError) as error:
        _say(f"{parsed.whole}: {error}")
        return 2
    return 0


def _up(name: RigName, config: Path, *, empty: bool) -> int:
    try:
        with alone(name):
            return _up_alone(name, config, empty=empty)
    except RigIsTaken as taken:
        _say(str(taken))
        return 2


def _up_alone(name: RigName, config: Path, *, empty: bool) -> int:
    if remains.find(name):
        _say("there is a rig already, or what is left of one - run: make rig-down")
        return 2
    try:
        if reasons := prerequisites.too_many_servers(load(config)):
            raise Refused(reasons)
        _make(name, config, empty=empty)
    except Refused as refused:
        for problem in refused.problems:
            _say(f"{config}: {problem}")
        return 2
    except parts.MissingPrerequisitesError as error:
        _say(str(error))
        return 2
    except KeyboardInterrupt:
        code = _down([name])
        _say("interrupted; nothing is left" if code == 0 else "interrupted")
        return INTERRUPTED
    except _FAILURES as error:
        _say(f"{error}; the rig stays as it is in {name.state} - to remove it, run: make rig-down")
        return 1
    _print(_status(name))
    return 0


def _make(name: RigName, config: Path, *, empty: bool) -> None:
    built = parts.build()
    rig = Rig(name=name, config=config, parts=RealParts(folders=built), say=_say)
    if empty:
        play = empty_clusters.up(rig, built["kubernetes"] / "bin/kubectl", _say)
        _say(f"play the drill there: {play}")
    else:
        rig.up()


def _status(name: RigName) -> dict[str, object]:
    return {
        "run": name.run,
        "state": str(name.state),
        "machines": {each.name: "on" if each.is_on else "off" for each in machines_of(name)},
        "there": list(remains.find(name)),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m drill.rig", description=__doc__)
    parser.add_argument("--run", help="the name of one rig; without, those of `up` and of a drill")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="make both sites and wait until they are ready")
    up.add_argument("--config", type=Path, default=Path("config/default.yaml"))
    up.add_argument("--empty", action="store_true", help="two clusters without pgtwin instead")
    commands.add_parser("down", help="remove everything of them, whatever happened before")
    commands.add_parser("status", help="what there is, as JSON")
    run = commands.add_parser("run", help="a command on a machine, a shell where none is given")
    run.add_argument("machine", help="such as primary-server-1")
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="COMMAND")
    _add_recordings(commands)
    return parser


def _add_recordings(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add = commands.add_parser("record", help="write what a site shows, until Ctrl-C")
    add.add_argument("site", choices=SITES)
    add.add_argument("file", type=Path)
    add.add_argument("--what", default="", help="what happens meanwhile, for the first line")
    add = commands.add_parser("cut", help="write a part of a recording to a file of its own")
    add.add_argument("whole", type=Path)
    add.add_argument("file", type=Path)
    add.add_argument("start", type=float, help="in seconds of the whole")
    add.add_argument("end", type=float)
    add.add_argument("--what", default="", help="instead of what the whole says")
    add.add_argument(
        "--done",
        type=_done,
        action="append",
        default=[],
        metavar="SECONDS=WHAT",
        help="what was done to the site, and when, such as 61.3=fence",
    )


def _done(text: str) -> tuple[float, str]:
    seconds, _, what = text.partition("=")
    return float(seconds), what


def _say(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, file=sys.stderr, flush=True)  # noqa: T201


def _print(document: object) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
