"""`python -m drill.rig.parts`: build the parts of the rig, or remove them.

Progress and a table go to stderr, a JSON object of name -> folder to stdout. Exit codes: 0 built, 1
a build failed, 2 something is missing or a name is wrong, and nothing was built, 130 interrupted.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence

from drill.rig.parts.build import Built, MissingPrerequisitesError, build_each, chosen
from drill.rig.parts.cache import Cache, default_folder
from drill.rig.parts.part import Part
from drill.rig.parts.workspace import PartNotBuiltError

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    options = _parser().parse_args(arguments)
    cache = Cache(folder=default_folder())
    if options.clean:
        cache.clean()
        _say(f"removed {cache.folder}; Go's caches stay (go clean -cache -modcache)")
        return 0
    try:
        parts = chosen(options.only)
        built = _built(parts, cache, install=options.install)
    except ValueError as error:
        _say(f"--only: {error}")
        return 2
    except MissingPrerequisitesError as error:
        _say(f"{error}")
        return 2
    except PartNotBuiltError as error:
        _say(f"{error}")
        return 1
    except KeyboardInterrupt:
        _say("interrupted; parts that are complete stay, the next start goes on from there")
        return INTERRUPTED
    _say(_table(built))
    sys.stdout.write(json.dumps({one.part.name: str(one.folder) for one in built}, indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m drill.rig.parts", description=__doc__)
    parser.add_argument(
        "--only",
        metavar="NAME,...",
        type=lambda text: text.split(","),
        help="these parts and what they are made from (default: all)",
    )
    parser.add_argument(
        "--install",
        action="store_true",
        default=os.environ.get("CI") == "true",
        help="install missing Debian packages; needs root (default where CI=true)",
    )
    parser.add_argument("--clean", action="store_true", help="remove all built parts")
    return parser


def _built(parts: Sequence[Part], cache: Cache, *, install: bool) -> list[Built]:
    try:
        return build_each(parts, cache, _say)
    except MissingPrerequisitesError as error:
        packages = sorted({need.package for need in error.missing if need.package})
        if not (install and packages and os.geteuid() == 0):
            raise
        _install(packages)
        return build_each(parts, cache, _say)


def _install(packages: Sequence[str]) -> None:
    """Try; what is missing afterwards is said again."""
    _say(f"installing {' '.join(packages)}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive", **os.environ}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        subprocess.run(command, env=quiet, stdout=sys.stderr, check=False)


def _table(built: Sequence[Built]) -> str:
    widths = [max(len(one.part.name) for one in built), max(len(one.part.version) for one in built)]
    return "\n".join(
        f"{one.part.name:{widths[0]}}  {one.part.version:{widths[1]}}"
        f"  {f'{one.seconds:5.0f} s' if one.seconds else ' cached'}  {one.part.what}"
        for one in built
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
