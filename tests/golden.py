"""Files and blocks of documents that are made from the code: compared, or recreated on request."""

import re
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
OPTION = "--refresh"
_BLOCK = re.compile(r"(<!-- screen: ([a-z-]+) -->\n```text\n).*?(```\n<!-- /screen -->)", re.DOTALL)


def expect_files(folder: Path, made: Mapping[str, str], *, refresh: bool) -> None:
    """`folder` holds exactly the files that were made, by name."""
    if refresh:
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        for name, text in made.items():
            (folder / name).write_text(text, encoding="utf-8")
    kept = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    different = sorted(name for name in {*kept, *made} if kept.get(name) != made.get(name))
    assert not different, f"{folder.relative_to(ROOT)} is out of date - run: make refresh"


def expect_screen(document: Path, name: str, made: str, *, refresh: bool) -> None:
    """The block `name` of a document shows `made`."""
    text = document.read_text(encoding="utf-8")
    lines = "\n".join(line.rstrip() for line in made.rstrip().splitlines())

    def with_made(block: re.Match[str]) -> str:
        return f"{block[1]}{lines}\n{block[3]}" if block[2] == name else block[0]

    wanted = _BLOCK.sub(with_made, text)
    assert name in (block[2] for block in _BLOCK.finditer(text)), f"{document} shows no {name}"
    if refresh:
        document.write_text(wanted, encoding="utf-8")
    else:
        where = document.relative_to(ROOT)
        assert text == wanted, f"{where} shows an old screen {name} - run: make refresh"
