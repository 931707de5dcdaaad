"""No traceback, no warning and no child's output reaches the terminal, however it comes about."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

NOISE = {
    "an error of a thread": "threading.Thread(target=lambda: 1 / 0).start()",
    "an error of a destructor": "type('D', (), {'__del__': lambda _: 1 / 0})()",
    "a warning": "warnings.warn('ZeroDivisionError is near')",
    "a child": "subprocess.run([sys.executable, '-c', '1 / 0'])",
    "a request's error": """
server = socketserver.TCPServer(("127.0.0.1", 0), lambda *_: 1 / 0)
client = socket.create_connection(server.server_address)
server.handle_request()
""",
    "a log without a handler": "logging.error('ZeroDivisionError')",
}
PROGRAM = """
import logging, pathlib, socket, socketserver, subprocess, sys, threading, warnings
from drill.terminal import Terminal

terminal = Terminal()
{before}
terminal.keep_in(pathlib.Path(sys.argv[1]))
{after}
terminal.say("done")
"""


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE.keys())
@pytest.mark.parametrize("when", ["before", "after"])
def test_only_sentences_reach_the_terminal(noise: str, when: str, tmp_path: Path) -> None:
    """Also what comes before there is a log, as the warnings of imports do."""
    log = tmp_path / "log"
    program = PROGRAM.format(**{"before": "", "after": "", when: noise})

    ran = subprocess.run(
        [sys.executable, "-c", program, str(log)], capture_output=True, text=True, check=True
    )

    assert ran.stderr == "done\n"
    assert "ZeroDivisionError" in log.read_text()


def test_an_error_ends_in_one_sentence_that_names_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = """
import pathlib, sys
from drill.terminal import run

def command(terminal):
    terminal.keep_in(pathlib.Path(sys.argv[1]))
    raise RuntimeError("the sites did not come up\\nTraceback of a child")

run(command)
"""

    ran = subprocess.run(
        [sys.executable, "-c", program, str(log)], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 1
    assert ran.stderr == f"RuntimeError: the sites did not come up\nSee {log}\n"
    assert "Traceback" in log.read_text()


INTERRUPTED = """
import os, signal, sys, threading
from drill.terminal import Terminal, interrupt_once

interrupt_once()
{interrupted}
"""
MOMENTS = {
    "once": """
try:
    os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt:
    print("cleaned up")
""",
    "again while it ends": """
try:
    os.kill(os.getpid(), signal.SIGINT)
finally:
    os.kill(os.getpid(), signal.SIGINT)
    print("cleaned up", flush=True)
    os._exit(0)
""",
    "in a destructor": """
class Destroyed:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)

try:
    Destroyed()
    threading.Event().wait(60)
except KeyboardInterrupt:
    print("cleaned up")
""",
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
def test_an_interruption_arrives_once_and_what_it_began_is_not_interrupted(moment: str) -> None:
    program = INTERRUPTED.format(interrupted=moment)

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout == "cleaned up\n"


def test_a_command_that_is_terminated_ends_what_it_started() -> None:
    program = """
import os, signal
from drill.terminal import run

def command(terminal):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    finally:
        print("cleaned up")

run(command)
"""

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stdout) == (143, "cleaned up\n")


@pytest.mark.slow
def test_ctrl_c_ends_the_drill_with_a_sentence(tmp_path: Path) -> None:
    """Without XDG_RUNTIME_DIR, for which a library warns when it is imported."""
    environment = {key: value for key, value in os.environ.items() if key != "XDG_RUNTIME_DIR"}
    drill = subprocess.Popen(
        [sys.executable, "-m", "drill", "--out", str(tmp_path / "drill")],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert drill.stderr
    first = drill.stderr.readline()

    drill.send_signal(signal.SIGINT)
    rest = drill.stderr.read()

    assert drill.wait() == 130
    assert first.endswith("starting the embedded AWS\n")
    assert "Traceback" not in rest
    assert rest.splitlines()[-1] == "interrupted; nothing is left running"
