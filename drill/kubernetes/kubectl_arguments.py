"""The command line of the drill's kubectl."""

import argparse
import os

_VERBS = ("get", "apply", "create", "patch", "delete", "exec", "cordon", "uncordon", "drain")
_SWITCHES = (
    *("--all-namespaces", "--ignore-not-found", "--server-side", "--force-conflicts", "--stdin"),
    *("--all", "--wait", "--now", "--force"),
    *("--ignore-daemonsets", "--delete-emptydir-data", "--disable-eviction"),
)
_SHORT = {"--all-namespaces": "-A", "--stdin": "-i"}
_VALUES = {
    "--server": "-s",
    "--namespace": "-n",
    "--filename": "-f",
    "--output": "-o",
    "--selector": "-l",
    "--patch": "-p",
    "--container": "-c",
}
_LONG_VALUES = ("--raw", "--kubeconfig", "--field-selector", "--field-manager", "--subresource")
_IGNORED = ("--request-timeout", "--timeout", "--grace-period", "--cascade", "--validate")
"""Taken so that the same command line works; nothing here is slow enough to need them."""


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options of one command; exits with 2 where they make no sense."""
    arguments, command = _split(arguments)
    options = _parser().parse_intermixed_args(_plain(arguments))
    options.command = command
    options.server = options.server or os.environ.get("PGTWIN_KUBE_API", "")
    return options


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" in arguments:
        at = arguments.index("--")
        return arguments[:at], arguments[at + 1 :]
    return arguments, []


def _plain(arguments: list[str]) -> list[str]:
    """`--switch=true` as `--switch`; `--switch=false` left out."""
    plain = []
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name not in _SWITCHES:
            plain.append(argument)
        elif value != "false":
            plain.append(name)
    return plain


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kubectl", allow_abbrev=False)
    parser.add_argument("verb", choices=_VERBS)
    parser.add_argument("names", nargs="*")
    for name in _SWITCHES:
        parser.add_argument(name, *filter(None, [_SHORT.get(name)]), action="store_true")
    for name, short in _VALUES.items():
        parser.add_argument(name, short, default="")
    for name in (*_LONG_VALUES, *_IGNORED):
        parser.add_argument(name, default="")
    parser.add_argument("--type", default="merge", choices=("merge",))
    parser.add_argument("--dry-run", default="none", choices=("none", "server"))
    return parser
