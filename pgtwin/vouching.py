"""What nobody but a person can say: that a site whose region does not answer was never promoted.

What always holds: the record that is written for such a word is above every one that the silent
region may have. Where the word was wrong that site reads it as soon as it is back, and stops.
A run that was cut and is repeated raises it once more. That changes nothing: an epoch only has to
be higher, and two million such runs fit.
"""

from dataclasses import replace

from pgtwin.record import Record
from topology.site import SiteName

UNSEEN_EPOCHS = 1000
"""More than the runs of one failover: each writes an epoch, which nobody can read now."""


def never_promoted(site: SiteName) -> str:
    """What has to be typed where the site cannot be asked."""
    return f"{site} was never promoted"


def beyond_the_unseen(newest: Record) -> Record:
    """The record after which the next one outranks what the silent region may hold."""
    return replace(newest, epoch=newest.epoch + UNSEEN_EPOCHS)
