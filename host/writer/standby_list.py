"""The list of standbys that a commit waits for, with the other region on it and without: pure.

What always holds:

* A list with the other region on it is never satisfied by this site's instances alone: more have to
  answer than names of theirs are on it, the leading instance's own included. Every other one is
  refused. With the region first of three uncapped instances two of them would be enough as soon as
  it is away, and PostgreSQL would not say so.
* Without the region the list is what it is in every other mode: any second instance of the site
  where one is waited for, nobody where there is none.
* A deployment changes how many instances of the site are waited for, never whether the region is.

The sections are `spec.postgresql.synchronous` of CloudNativePG.
"""

from host.errors import Refused
from host.kubernetes.kubectl import Object


def names_outside(section: Object | None) -> tuple[str, ...]:
    """Who is waited for that is no instance of the site."""
    found = section or {}
    return (*(found.get("standbyNamesPre") or ()), *(found.get("standbyNamesPost") or ()))


def needs_outside(section: Object, instances: int) -> bool:
    """Whether no set of the site's own instances satisfies the list."""
    cap = section.get("maxStandbyNamesFromCluster")
    local = instances if cap is None else min(int(cap), instances)
    return bool(names_outside(section)) and int(section["number"]) > local


def without_outside(section: Object) -> Object | None:
    """The list that lets commits go on without the other region; None where nobody is left.

    It says of each field of the other list what becomes of it, so that it can be a merge patch.
    """
    local = int(section["number"]) - len(names_outside(section))
    if local < 1:
        return None
    return {
        **dict.fromkeys(section),
        "method": "any",
        "number": local,
        "dataDurability": "required",
        "failoverQuorum": True,
    }


def with_outside(section: Object | None, name: str) -> Object:
    """The list of every other mode, with the other region before one instance of the site."""
    local = int((section or {}).get("number", 0))
    quorum = {"failoverQuorum": True} if local else {}
    return {
        "method": "first",
        "number": 1 + local,
        "standbyNamesPre": [name],
        "maxStandbyNamesFromCluster": local,
        "dataDurability": "required",
        **quorum,
    }


def taken_off(section: Object | None) -> Object:
    """What a merge patch of `spec` needs to take the other region off; empty where it is not on."""
    if section is None or not names_outside(section):
        return {}
    return {"postgresql": {"synchronous": without_outside(section)}}


def to_apply(wanted: Object | None, live: Object | None) -> Object | None:
    """What `apply` sends: the deployment's list, with the other region where that is on it already.

    Where the region is on and the deployment wants it off, the list stays whole: an apply takes no
    field away that it did not send, and half of two lists promises neither.
    """
    if live is not None and names_outside(live):
        return wanted if wanted is not None and names_outside(wanted) else live
    if wanted is None or not names_outside(wanted):
        return wanted
    left = without_outside(wanted) or {}
    return {key: value for key, value in left.items() if value is not None} or None


def checked(section: Object | None, instances: int) -> Object | None:
    """The list itself.

    Raises:
        Refused: where it names the other region and would not wait for it.
    """
    if section is not None and names_outside(section) and not needs_outside(section, instances):
        raise Refused(
            f"the list of standbys {section} can be satisfied without the other region; nothing "
            "was changed - deploy the site again"
        )
    return section
