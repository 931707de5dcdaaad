"""The record laid over the template: no apply ever moves the writer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import Refused
from host.kubernetes.cluster import Cluster
from host.writer.overlay import disagreement, overlay
from host.writer.record import Record, newest
from tests.host.decisions.examples import SITES, document, live, other, record, template

sites = st.sampled_from(tuple(SITES))
records = st.builds(
    record,
    epoch=st.integers(0, 5),
    writer=sites,
    contested=st.booleans(),
    server_names=st.fixed_dictionaries(
        {site: st.sampled_from((name, f"{name}-g2")) for site, name in SITES.items()}
    ),
)


@given(site=sites, template_writer=sites, is_writer=st.booleans(), record=records)
def test_the_role_of_a_cluster_that_exists_is_never_changed(
    site: str, template_writer: str, is_writer: bool, record: Record
) -> None:
    now = live(site, writer=is_writer)

    applied = overlay(template(site, template_writer), now, record, document(site, template_writer))

    assert applied["spec"]["replica"] == now.item["spec"]["replica"]
    assert applied["spec"]["bootstrap"] == now.item["spec"]["bootstrap"]
    assert Cluster(item=applied).server_name == now.server_name


@given(template_writer=sites, record=records, existing=st.sets(sites))
def test_no_record_and_no_template_make_two_writers(
    template_writer: str, record: Record, existing: set[str]
) -> None:
    """Both sites apply the same template and record over what exists with one writer."""
    writers = []
    for site in SITES:
        now = live(site, writer=site == record.writer) if site in existing else None
        try:
            applied = overlay(
                template(site, template_writer), now, record, document(site, template_writer)
            )
        except Refused:
            continue
        writers += [site] if Cluster(item=applied).is_writer else []

    assert len(writers) <= 1


def test_a_token_under_way_is_not_applied_so_that_no_apply_can_take_it_away() -> None:
    now = live("dr")
    now.item["spec"]["replica"]["promotionToken"] = "token"

    applied = overlay(template("dr"), now, record(epoch=1, writer="dr"), document("dr"))

    assert "promotionToken" not in applied["spec"]["replica"]


def test_a_cluster_that_changed_since_it_was_read_is_not_overwritten() -> None:
    applied = overlay(template(), live(), record(), document())

    assert applied["metadata"]["resourceVersion"] == "7"
    assert applied["metadata"]["uid"] == "u-1", "the version alone recreates a deleted Cluster"


def test_the_peers_new_server_name_reaches_a_cluster_that_exists() -> None:
    moved = record(epoch=2, writer="primary", server_names={"dr": "postgres-cluster-dr-g2"})

    applied = overlay(template(), live(), moved, document())

    externals = {each["name"]: each["plugin"] for each in applied["spec"]["externalClusters"]}
    assert externals[SITES["dr"]]["parameters"]["serverName"] == "postgres-cluster-dr-g2"
    assert externals[SITES["primary"]]["parameters"]["serverName"] == "postgres-cluster"


def test_a_returned_site_is_made_as_a_replica_that_clones_the_writer() -> None:
    moved = record(epoch=2, writer="dr", server_names={"primary": "postgres-cluster-g2"})

    spec = overlay(template(), None, moved, document())["spec"]

    assert spec["replica"] == {
        "self": "postgres-cluster",
        "primary": "postgres-cluster-dr",
        "source": "postgres-cluster-dr",
    }
    assert spec["bootstrap"] == {
        "recovery": {
            "source": "postgres-cluster-dr",
            "database": "app_db",
            "owner": "app_user",
            "secret": {"name": "app-user"},
        }
    }
    assert spec["plugins"][0]["parameters"]["serverName"] == "postgres-cluster-g2"


def test_a_writer_whose_cluster_is_gone_is_not_made_anew() -> None:
    with pytest.raises(Refused, match="pgtwin failover --to dr"):
        overlay(template(), None, record(epoch=2, writer="primary"), document())


def test_nothing_is_made_while_the_records_contradict_each_other() -> None:
    with pytest.raises(Refused, match="different writers in the same epoch"):
        overlay(template("dr"), None, record(epoch=2, contested=True), document("dr"))


@pytest.mark.parametrize("site", SITES)
def test_the_dump_rests_where_the_writer_is_not(site: str) -> None:
    job = {"kind": "CronJob", "metadata": {"name": "dump"}, "spec": {"suspend": None}}

    applied = overlay(job, None, record(epoch=1, writer="dr"), document(site))

    assert applied["spec"]["suspend"] is (site != "dr")


def test_an_edited_template_does_not_agree_with_the_record_and_says_what_settles_it() -> None:
    edited = document("primary", writer="dr")

    said = disagreement(live("primary"), Record.initial(edited, live("primary")), edited)

    assert said is not None
    assert "writer: primary" in said
    assert "pgtwin switchover --to dr" in said


def test_a_former_writer_that_came_back_is_looked_at_first() -> None:
    """It is brought back, or released where nobody was promoted: status knows which."""
    said = disagreement(live("primary"), record(epoch=1, writer="dr"), document(writer="dr"))

    assert said is not None
    assert said.endswith("run: pgtwin status")


@pytest.mark.parametrize(
    ("writer", "then"),
    [("primary", "pgtwin status"), ("dr", "pgtwin failback --site primary --stay")],
)
def test_a_failback_is_named_only_for_a_site_that_is_not_the_writer(writer: str, then: str) -> None:
    is_writer = writer == "primary"
    renamed = record(epoch=1, writer=writer, server_names={"primary": "another"})

    said = disagreement(live("primary", writer=is_writer), renamed, document("primary", writer))

    assert str(said).endswith(f"run: {then}")


@given(site=sites, record=records)
def test_a_site_as_the_record_has_it_agrees(site: str, record: Record) -> None:
    now = live(site, writer=record.writer == site)
    for archiver in now.item["spec"]["plugins"]:
        archiver["parameters"]["serverName"] = record.server_names[site]

    said = disagreement(now, record, document(site, record.writer))

    assert (said is not None) == record.contested


@given(own=st.none() | records, peers=st.none() | records)
def test_the_newest_copy_counts_and_a_contradiction_is_seen(
    own: Record | None, peers: Record | None
) -> None:
    found = newest(own, peers)

    copies = [copy for copy in (own, peers) if copy]
    assert (found is None) == (not copies)
    if found:
        assert found.epoch == max(copy.epoch for copy in copies)
    if own and peers and found and own.epoch == peers.epoch:
        assert found.contested == (own.writer != peers.writer)


@given(site=sites, template_writer=sites, is_writer=st.booleans())
def test_without_a_record_the_cluster_that_exists_says_who_writes(
    site: str, template_writer: str, is_writer: bool
) -> None:
    found = Record.initial(document(site, template_writer), live(site, writer=is_writer))

    assert found.writer == (site if is_writer else other(site))
