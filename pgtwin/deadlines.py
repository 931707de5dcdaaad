"""How long `pgtwin` waits for whom: the one table, which every layer reads.

What always holds: no call waits for a region without an end. A region that was silent is asked
again, and each such call is given little time until it answers once; so a region that is lost costs
a command its time once, however it fails. Who gives up does not cancel: what a service answers too
late may still take effect, and every plan reckons with that.
"""

from collections.abc import Mapping
from datetime import timedelta

CONNECT_SECONDS = 2.0
READ_SECONDS = 5.0
CALL_SECONDS = 7.0
"""One call of AWS with all that belongs to it: the name, TLS, every page, the whole body. boto3
bounds the connection and each read alone, so a resolver or a trickling body could hold it longer
(botocore 1.43, urllib3's `connect` and `read`)."""
SUSPECT_SECONDS = 1.2
"""The same for a region that was silent a moment ago. A service that lives answers in tenths of a
second across Europe."""
MACHINES_SECONDS = 3.0
"""EC2, asked which of the machines run that Session Manager has just named. A fence and a look have
to end in time also where it is silent."""
DOWNLOAD_SECONDS = 4 * 3600.0
"""One file of a dump."""
LISTING_SECONDS = 60.0
"""Every key below a prefix: a thousand per page."""

FENCE_SECONDS = 10.0
"""How long a lost region may hold up a failover; what answers later still takes effect."""
STOPPED_SECONDS = 120.0
"""A fenced PostgreSQL has ended by then, and EC2 has stopped its machines."""
SURVEY_SECONDS = 8.0
"""`pgtwin status` promises both sites within 10 s; the rest is the start of Python."""
LOOK_SECONDS = 7.5
"""What a machine gets for it: less, so that one that took the command and hangs is told from a
region that is silent."""
REPORT_SECONDS = SURVEY_SECONDS + 2
"""`pgtwin report`: the same look at both sites, and whatever else it asks meanwhile."""
STILL_HERE_SECONDS = 5.0
"""A command that works says so this often, and after half as long again where a step has only
begun: it is never silent for 10 s."""

ADMITTED_SECONDS = 20.0
"""A machine has obeyed the record by then: it reads it every 2 s, or within 6 s where a region
swallows calls."""
DELIVERY_SECONDS = 30
"""The least that Run Command takes. A verb that was not delivered by then never runs."""
POLL_SECONDS = 1.0
TAKEN_SECONDS = 5.0
"""A machine that works takes a command in one. One that EC2 does not call running is given no more:
Session Manager calls a dead one online for minutes, and a failover waits for it."""
SILENCE_SECONDS = 30.0
"""How long Session Manager may be silent about a verb that runs on; then the region counts as lost.
Every other error of a poll, such as expired credentials, ends the wait at once."""

BEGIN_SECONDS = 180.0
"""More than the host program waits for a base backup to begin, and what its delivery takes."""
_VERB_SECONDS = 3900.0
"""More than the host program waits for a change of role and all that follows it."""
_COPY_SECONDS = timedelta(hours=4, minutes=30).total_seconds()
"""The host program gives a base backup, a dump and a restore four hours each."""
_CLONE_SECONDS = timedelta(hours=12).total_seconds()
"""A clone waits its turn, for the writer's base backup, and for the copy."""
_LONGEST_SECONDS = timedelta(hours=13, minutes=30).total_seconds()
"""As long as the SSM document lets any verb run."""
_SOON_AFTER_A_LOOK = frozenset(("status", "demote", "promote", "settle", "fence", "unfence"))
BY_VERB: Mapping[str, float] = {
    "status": 30.0,
    **dict.fromkeys(("demote", "fence", "promote", "settle", "unfence"), _VERB_SECONDS),
    **dict.fromkeys(
        ("admit", "apply", "boot", "certify", "hold", "ready", "refresh", "report"), _VERB_SECONDS
    ),
    "vacate": _VERB_SECONDS,
    **dict.fromkeys(("backup", "dump", "restore"), _COPY_SECONDS),
    "follow": _CLONE_SECONDS,
    **dict.fromkeys(("upgrade", "verify", "pg_upgrade"), _LONGEST_SECONDS),
}
"""Every verb of the host program, so that nobody gives a new one a deadline by oversight."""


def follows_a_look(verb: str) -> bool:
    """Whether a plan has just seen the machine work before it asks for this verb.

    Every other verb would wait for hours for a machine that takes commands and does no work.
    """
    return verb in _SOON_AFTER_A_LOOK


def verb_seconds(verb: str) -> float:
    """How long a verb of the host program may take before it counts as unanswered."""
    return BY_VERB[verb]
