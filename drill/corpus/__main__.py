"""`python -m drill.corpus`: the whole corpus into build/corpus.json.

Exit codes: 0 each came out as its file says, 1 one did not, 2 bad input, 130 interrupted.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import asdict
from pathlib import Path

from drill.awkward_database import FOLDER, AwkwardDatabase, Outcome, awkward_databases
from drill.corpus.corpus import Corpus
from drill.operator.processes import Processes
from drill.options import Options, document
from drill.terminal import Terminal, run


def main(arguments: Sequence[str], terminal: Terminal) -> int:
    """Run it, write what came out, and show it; the exit code."""
    with redirect_stderr(terminal.file):
        chosen = _parser().parse_args(arguments)
    databases = awkward_databases(chosen.database or (), chosen.folder)
    began = time.monotonic()

    def tell(what: str, done: int, of: int) -> None:
        terminal.file.write(f"\r{what}: {done} of {of}" + "\n" * (done == of))
        terminal.file.flush()

    with tempfile.TemporaryDirectory(prefix="pgtwin-corpus-", ignore_cleanup_errors=True) as work:
        Path(work).chmod(0o755)
        with Processes(Path(work)) as processes:
            outcomes = Corpus(processes, tell).run(databases)
    wrong = _wrong(outcomes, databases)
    document = {"databases": [asdict(each) for each in outcomes], "wrong": len(wrong)}
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(table(outcomes, wrong))  # noqa: T201
    print(  # noqa: T201
        f"{len(outcomes)} databases, {len(wrong)} wrong, "
        f"{time.monotonic() - began:.0f} s: {chosen.out}"
    )
    return 1 if wrong else 0


def table(outcomes: Sequence[Outcome], wrong: dict[str, AwkwardDatabase]) -> str:
    """One line per database; under one that is wrong, what its file says."""
    width = max(len(each.name) for each in outcomes)
    lines = []
    for each in outcomes:
        lines.append(f"{each.name:{width}}  {each.outcome}  {'; '.join(each.named)}".rstrip())
        if wanted := wrong.get(each.name):
            lines.append(f"  WRONG, expected: {wanted.outcome}  {'; '.join(wanted.named)}".rstrip())
    return "\n".join(lines)


def _wrong(
    outcomes: Sequence[Outcome], databases: Sequence[AwkwardDatabase]
) -> dict[str, AwkwardDatabase]:
    pairs = zip(outcomes, databases, strict=True)
    return {wanted.name: wanted for found, wanted in pairs if not found.is_right(wanted)}


def _parser() -> argparse.ArgumentParser:
    parser = Options("drill.corpus", __doc__)
    parser.add_argument("--out", type=document(), default=Path("build/corpus.json"))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="of the SQL files")
    parser.add_names("--database", [each.name for each in awkward_databases()], "only this one")
    return parser


if __name__ == "__main__":
    run(lambda terminal: main(sys.argv[1:], terminal))
