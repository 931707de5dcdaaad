"""A host program that only remembers: `FOLDER SITE VERB ARGUMENTS`, behind PGTWIN_HOST_COMMAND.

What a site's state is, is in FOLDER/SITE.json; a site without that file does not answer.
`parts` in it is what its document has beside the state, `VERB_fails` a verb's error,
`VERB_takes_seconds` how long one takes, `status --state` apart. FOLDER/SITE.VERB has the arguments
of a verb once it was begun. As long as FOLDER/SITE.hangs is there, every verb is taken and none is
worked on; whoever was taken meanwhile is never worked on.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

_PRINTED: dict[str, dict[str, object]] = {
    "backup": {"backup": "b1", "name": "b1"},
    "dump": {"dump": "d1"},
    "vacate": {"led": False},
}
_LOOK_SECONDS = 0.2
CHECKS = [{"check": "rows", "passed": True, "result": "3 rows of 2 tables are equal"}]


def main(folder: str, site: str, verb: str, *arguments: str) -> int:
    path = Path(folder) / f"{site}.json"
    if not path.exists():
        sys.stderr.write("the region is lost\n")
        return 69
    if path.with_suffix(".hangs").exists():
        return _hang(path.with_suffix(".hangs"))
    state = json.loads(path.read_text())
    if verb == "promote" and state["role"] == "writer" and "--without-token" not in arguments:
        json.dump({"error": "is the writer already"}, sys.stdout)
        return 2
    if f"{verb}_fails" in state:
        json.dump({"error": state[f"{verb}_fails"]}, sys.stdout)
        return 3
    path.with_suffix(f".{verb}").write_text(" ".join(arguments))
    if "--state" not in arguments and not _work(path, f"{verb}_takes_seconds"):
        return 75
    state[f"{verb}_at"] = time.time()
    json.dump(_answer(state, verb, arguments), sys.stdout)
    _write(path, state)
    return 0


def _write(path: Path, state: dict[str, Any]) -> None:
    """At once for every reader: `pgtwin` runs two verbs side by side."""
    whole = path.with_suffix(f".{os.getpid()}")
    whole.write_text(json.dumps(state))
    whole.replace(path)


def _work(site: Path, takes: str) -> bool:
    """Take the time that the site's state says; False where it says another by then, or is gone:
    whoever outlived its caller ends so, and does nothing.
    """
    asked, began = _seconds(site, takes), time.monotonic()
    while time.monotonic() < began + asked:
        time.sleep(min(_LOOK_SECONDS, asked))
        if _seconds(site, takes) != asked:
            return False
    return True


def _seconds(site: Path, takes: str) -> float:
    return float(json.loads(site.read_text()).get(takes, 0.0)) if site.exists() else -1.0


def _hang(sign: Path) -> int:
    while sign.exists():
        time.sleep(_LOOK_SECONDS)
    return 75


def _answer(state: dict[str, Any], verb: str, arguments: tuple[str, ...]) -> dict[str, object]:
    if verb == "status":
        told = {name: value for name, value in state.items() if name != "parts"}
        return {
            "site": state["site"],
            "region": "somewhere",
            "state": told,
            **state.get("parts", {}),
        }
    if verb == "demote":
        state.update(role="replica", accepts_writes=False, demotion_token="t", following=True)  # noqa: S106
        return {"token": "t"}
    if verb == "promote":
        state.update(role="writer", accepts_writes=True, following=False, promoted_in_epoch=1)
        state.update(clients_admitted=True)
    if verb == "follow":
        state.update(role="replica", server_name=arguments[1], following=True, fenced=False)
        state.update(timeline=None, lsn=None)  # those of the clone are not known at once
    if verb == "fence":
        state.update(fenced=True, accepts_writes=False)
    if verb == "unfence":
        state.update(fenced=False)
    if verb == "verify":
        return {"verified": "now", "evidence": "evidence/x-passed.json", "checks": CHECKS}
    return _certified(state) if verb == "certify" else _PRINTED.get(verb, {})


def _certified(state: dict[str, Any]) -> dict[str, object]:
    """Each look finds another authority in the secret, `copied_after_looks` looks late."""
    state["certified"] = state.get("certified", 0) + 1
    newest = max(0, state["certified"] - state.get("copied_after_looks", 0))
    return {"rotating_until": state.get("rotating_until"), "trusted": [f"authority {newest}"]}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
