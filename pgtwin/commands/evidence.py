"""What the sites' verifications of their backups found.

The work is the host program's, on each site; nothing is deleted from here.
"""

from typing import Any

from pgtwin.aws.at_once import at_once
from pgtwin.commands.desk import Desk
from pgtwin.commands.explain import DONE, FAILED, explain
from pgtwin.deadlines import verb_seconds
from topology.names import EVIDENCE_PREFIX
from topology.site import SiteName

_LEFT_OUT = {
    "not_compared": "not compared",
    "not_in_the_dump": "not in the dump",
    "not_restored": "not restored, since only a superuser may make it",
}
"""A machine with an older bundle does not say it."""


def plan(sites: tuple[SiteName, ...]) -> tuple[dict[str, str], ...]:
    """What `--dry-run` shows."""
    steps = []
    for site in sites:
        steps += [
            {
                "step": f"restore {site}'s newest base backup and dump, check and compare them",
                "changes": f"a throw-away cluster verify-<time> on {site}",
                "undo": "deleted by the next step",
            },
            {
                "step": "delete the throw-away cluster",
                "changes": "verify-<time> and its volumes, nothing else",
                "undo": "nothing to undo; the next verification makes another",
            },
            {
                "step": "write the evidence",
                "changes": f"{EVIDENCE_PREFIX}/<time>-(passed|failed).json in {site}'s bucket",
                "undo": "nothing to undo",
            },
        ]
    return tuple(steps)


def gather(desk: Desk, sites: tuple[SiteName, ...]) -> dict[str, Any]:
    """Let the sites verify side by side; what each found, or why it could not."""
    desk.say("verifying; this takes as long as two restores")
    try:
        with desk.working("verify"):
            found = at_once(
                {name: desk.sites[name].verify for name in sites}, verb_seconds("verify")
            )
    except KeyboardInterrupt:
        desk.say(
            "interrupted; what has begun goes on at the sites, which delete their throw-away "
            "clusters and write the evidence by themselves - run: pgtwin status"
        )
        raise
    answers = {name: _answer(answer) for name, answer in found.items()}
    return {"passed": all(each["passed"] for each in answers.values()), "sites": answers}


def exit_code(evidence: dict[str, Any]) -> int:
    """That of the sites that did not pass; "failed" where they have different ones."""
    codes = {each["exit_code"] for each in evidence["sites"].values()} - {DONE}
    return codes.pop() if len(codes) == 1 else FAILED


def text(evidence: dict[str, Any]) -> str:
    """For people."""
    lines = []
    for name, answer in evidence["sites"].items():
        if not answer["passed"]:
            lines.append(f"{name}  {answer['problem']}")
            continue
        lines += [f"{name}  {each['check']}: {each['result']}" for each in answer["checks"]]
        lines += [
            f"{name}  {words}: {', '.join(answer[part])}"
            for part, words in _LEFT_OUT.items()
            if answer.get(part)
        ]
        lines.append(f"{name}  passed; evidence: {answer['evidence']}")
    return "\n".join(lines)


def _answer(answer: dict[str, Any] | Exception) -> dict[str, Any]:
    if not isinstance(answer, Exception):
        return {"passed": True, "exit_code": DONE, **answer}
    told = explain(answer)
    if told is None and not isinstance(answer, TimeoutError):
        raise answer
    problem, code = told or (str(answer), FAILED)
    return {"passed": False, "exit_code": code, "problem": problem}
