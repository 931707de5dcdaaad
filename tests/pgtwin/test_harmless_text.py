"""Whatever a bucket or a machine says, a terminal shows it and obeys nothing of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgtwin import __main__ as command_line
from pgtwin.commands.desk import Desk
from pgtwin.commands.harmless import harmless
from pgtwin.errors import SiteFailed

CLEARS_THE_SCREEN = "\x1b[2J"
SETS_THE_CLIPBOARD = "\x1b]52;c;cm0gLXJm\x07"
LOOKS_LIKE_ANOTHER_NAME = "dump\u202egpj.exe"
WRITES_OVER_ITS_LINE = "failed\rpassed"


@given(st.text())
def test_only_a_new_line_and_a_tab_are_left_of_what_a_terminal_obeys(text: str) -> None:
    shown = harmless(text)

    assert all(
        character in "\n\t" or not (ord(character) < 32 or 127 <= ord(character) < 160)
        for character in shown
    )
    assert harmless(shown) == shown


@pytest.mark.parametrize("text", ["Größe 1 GiB, ✓ │ ─\n\tnext", "plain"])
def test_what_a_terminal_only_shows_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize(
    "said",
    [CLEARS_THE_SCREEN, SETS_THE_CLIPBOARD, LOOKS_LIKE_ANOTHER_NAME, WRITES_OVER_ITS_LINE],
)
def test_neither_progress_nor_result_nor_error_lets_it_through(
    said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise SiteFailed(f"the host program said {said}")

    desk = Desk(Path("config/default.yaml"))
    monkeypatch.setattr(command_line, "app", fails)

    desk.say(said)
    desk.result({}, said)
    with pytest.raises(SystemExit):
        command_line.main()

    out, err = capsys.readouterr()
    assert said not in out + err
    assert out == f"{harmless(said)}\n"
    assert harmless(said) in err
