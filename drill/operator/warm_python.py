"""Runs Python programs without their start: has imported what they import, and forks for each.

A WAL segment costs barman-cloud 0.4 s of processor time, most of it Python's imports and boto3's
models (docs/performance.md); the host program and `pgtwin` start as slowly. On two cores that play
five machines the drill would do little else. Each program still runs in a process of its own, as
its caller: with the caller's environment, working folder, output and end. `warm_python.sh`
is what the caller runs.

Started as `python warm_python.py [ARCHIVE]`, prints its port, serves until it is killed. ARCHIVE is
a program in a zip file: a copy of it, byte for byte, finds all of its modules imported, which zip
files otherwise compile again at each start. Another program of the same name finds none of them.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import os
import pkgutil
import runpy
import signal
import socket
import sys
import threading
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

BARMAN = {
    "barman-cloud-wal-archive": "barman.clients.cloud_walarchive",
    "barman-cloud-wal-restore": "barman.clients.cloud_walrestore",
    "barman-cloud-check-wal-archive": "barman.clients.cloud_check_wal_archive",
    "barman-cloud-backup-list": "barman.clients.cloud_backup_list",
    "barman-cloud-backup-delete": "barman.clients.cloud_backup_delete",
}
_OTHERS = ("barman.cloud_providers.aws_s3", "pydantic", "rich.table", "typer", "yaml")
_SERVICES = ("s3", "ssm", "secretsmanager", "cloudwatch", "ec2", "iam", "route53", "elbv2", "sts")
_ROOT = Path(__file__).parents[2]
"""Where `pgtwin` is imported from: the checkout that this file is of."""
_TEXT = "-c"
_LOOPBACK = "127.0.0.1"
_archived: dict[bytes, set[str]] = {}
"""The modules that are imported from a program in a zip file, by the bytes of that."""


def _preload() -> None:
    """Import what the programs import, and read boto3's models once."""
    import boto3
    import botocore.hooks
    import botocore.loaders
    import botocore.session

    # A third of what a session costs: both answer the same to each, and only botocore asks.
    botocore.hooks.accepts_kwargs = functools.cache(botocore.hooks.accepts_kwargs)
    aliaser = botocore.hooks.EventAliaser
    aliaser.__init__ = _with_shared_cache(aliaser.__init__)
    for module in (*BARMAN.values(), *_OTHERS):
        importlib.import_module(module)
    loader = botocore.loaders.create_loader()
    botocore.session.create_loader = lambda _path=None: loader
    session = boto3.Session(region_name="eu-west-1")
    session.resource("s3")
    for service in _SERVICES:
        session.client(service)
        loader.load_service_model(service, "paginators-1")
    sys.path.insert(0, str(_ROOT))
    pgtwin = importlib.import_module("pgtwin")
    for part in pkgutil.walk_packages(pgtwin.__path__, "pgtwin."):
        importlib.import_module(part.name)
    sys.path.pop(0)


def _with_shared_cache(init: Callable[..., None]) -> Callable[..., None]:
    names: dict[str, str] = {}

    def with_names(self: Any, *given: Any, **named: Any) -> None:
        init(self, *given, **named)
        self._alias_name_cache = names

    return with_names


def _preload_archive(path: str) -> None:
    """Import every module of a program in a zip file."""
    with zipfile.ZipFile(path) as archive:
        files = [Path(name) for name in archive.namelist() if name.endswith(".py")]
    folders = {file.parts[0] for file in files if file.parent.parts}
    sys.path.insert(0, path)
    for file in files:
        if file.parent.parts:
            module = ".".join(file.with_suffix("").parts)
            importlib.import_module(module.removesuffix(".__init__"))
    sys.path.remove(path)
    _archived[Path(path).read_bytes()] = {
        module for module in sys.modules if module.partition(".")[0] in folders
    }


def _serve(listening: socket.socket) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    while True:
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            _run(connection)
        connection.close()


def _run(connection: socket.socket) -> NoReturn:
    """Be the program that the caller asks for, tell it the exit code, and end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 1
    try:
        caller, program, *arguments = _request(connection)
        _become(caller)
    except (OSError, ValueError):
        # The caller was killed meanwhile: there is nobody to run it for.
        traceback.print_exc()
        os._exit(code)
    try:
        threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
        sys.argv = [program, *arguments]
        code = _program(program, arguments)
        with contextlib.suppress(OSError):  # it may have been killed since
            connection.sendall(f"{code}\n".encode())
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


def _request(connection: socket.socket) -> list[str]:
    """How many words, then the words, each ended by a NUL."""
    received = b""
    while True:
        words = received.split(b"\0")
        if len(words) > 1 and len(words) > int(words[0]) + 1:
            return [word.decode() for word in words[1:-1]]
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionError("the caller went away")
        received += chunk


def _become(caller: str) -> None:
    process = f"/proc/{caller}"
    with open(f"{process}/environ", "rb") as file:
        entries = file.read().split(b"\0")
    os.environb.clear()
    os.environb.update(dict(entry.split(b"=", 1) for entry in entries if b"=" in entry))
    os.chdir(f"{process}/cwd")
    for stream in (1, 2):
        os.dup2(os.open(f"{process}/fd/{stream}", os.O_WRONLY | os.O_APPEND), stream)


def _end_with(connection: socket.socket) -> None:
    """A caller that is killed takes its program with it."""
    connection.recv(1)
    os._exit(1)


def _program(path: str, arguments: list[str]) -> int:
    try:
        _forget_others(path)
        barman = BARMAN.get(os.path.basename(path))
        if barman:
            importlib.import_module(barman).main(arguments)
        elif path == _TEXT:
            text = sys.argv.pop(1)
            exec(compile(text, path, "exec"), {"__name__": "__main__"})  # noqa: S102
        else:
            runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        # As the interpreter ends: it waits for threads that are no daemons.
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _forget_others(program: str) -> None:
    """Keep the imported modules of an archive from every program but its copies."""
    content = Path(program).read_bytes() if program.endswith(".pyz") else b""
    for archive, modules in _archived.items():
        if archive != content:
            for module in modules:
                sys.modules.pop(module, None)


if __name__ == "__main__":
    _preload()
    for given in sys.argv[1:]:
        _preload_archive(given)
    gc.collect()
    gc.freeze()  # else each collection of a child writes to every page that it shares
    with socket.create_server((_LOOPBACK, 0), backlog=64) as server:
        sys.stdout.write(f"{server.getsockname()[1]}\n")
        sys.stdout.flush()
        _serve(server)
