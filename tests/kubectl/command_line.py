"""The command lines of kubectl that the host program uses."""

import argparse

VERBS = ("get", "apply", "create", "patch", "delete", "exec")
_SWITCHES = ("--ignore-not-found", "--server-side", "--force-conflicts", "--stdin")
_VALUES = {
    "--namespace": "-n",
    "--filename": "-f",
    "--output": "-o",
    "--selector": "-l",
    "--patch": "-p",
    "--container": "-c",
}
_LONG_VALUES = ("--raw", "--field-manager", "--subresource", "--wait")


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options of one command; exits with 2 where they make no sense."""
    command: list[str] = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, command = arguments[:at], arguments[at + 1 :]
    options = _parser().parse_intermixed_args(arguments)
    options.command = command
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kubectl", allow_abbrev=False)
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("names", nargs="*")
    for name in _SWITCHES:
        parser.add_argument(name, *(["-i"] if name == "--stdin" else []), action="store_true")
    for name, short in _VALUES.items():
        parser.add_argument(name, short, default="")
    for name in _LONG_VALUES:
        parser.add_argument(name, default="")
    parser.add_argument("--type", default="merge", choices=("merge",))
    parser.add_argument("--dry-run", default="none", choices=("none", "server"))
    return parser
