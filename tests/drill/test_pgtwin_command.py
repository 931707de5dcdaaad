"""`pgtwin` as the drill runs it: what a command said is its own, whatever runs beside it."""

import sys
import threading
from pathlib import Path

import pytest

from drill.pgtwin_command import NOT_YET, CommandRefused, PgtwinCommand
from tests.waiting import eventually

FAILS = """
import pathlib, sys, time
word, done, awaited = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
sys.stderr.write(f"{word}\\n")
sys.stderr.flush()
print('{"still_to_do": []}')
done.touch()
while not awaited.exists():
    time.sleep(0.01)
sys.exit(3)
"""


def command(work: Path, word: str, awaits: str) -> PgtwinCommand:
    files = [str(work / f"{word}.began"), str(work / f"{awaits}.began")]
    return PgtwinCommand(
        config=work / "config.yaml",
        environment={},
        work=work,
        start=lambda _: [sys.executable, "-c", FAILS, word, *files],
    )


@pytest.mark.parametrize("words", NOT_YET)
def test_what_a_site_has_not_done_yet_is_said_in_these_words(words: str) -> None:
    sources = (Path(__file__).parents[2] / "pgtwin").glob("*.py")

    assert any(words in source.read_text(encoding="utf-8") for source in sources)


def test_a_refusal_quotes_its_own_command_and_not_one_that_runs_beside_it(tmp_path: Path) -> None:
    said: dict[str, str] = {}

    def run(word: str, awaits: str) -> None:
        with pytest.raises(CommandRefused) as refused:
            command(tmp_path, word, awaits)(word)
        said[word] = str(refused.value)

    threads = [
        threading.Thread(target=run, args=("restore", "status"), daemon=True),
        threading.Thread(target=run, args=("status", "restore"), daemon=True),
    ]
    for thread in threads:
        thread.start()
    eventually(lambda: len(said) == 2)

    assert said["restore"] == "pgtwin restore: exit code 3: restore"
    assert said["status"] == "pgtwin status: exit code 3: status"
    assert (tmp_path / "pgtwin.log").read_text().count("$ pgtwin ") == 2
