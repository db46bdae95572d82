"""Authorities in three states, experts, names in six languages."""

from datetime import date

import pytest

from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.parties import add_domain, agree_protection, name_party, party_domain, remove_domain
from keyring_admin.acts.registers import list_expert, notify_authority, unlist_expert
from keyring_admin.addresses import AddressError
from keyring_admin.authorities import ARTICLES, Authority, authorities_of
from keyring_admin.directory_error import DirectoryError
from keyring_admin.experts import Expert, list_experts
from keyring_admin.parties import names_of_party, require_party

from ..administration import NOW, RULES, Cast, World

TODAY = NOW.date()


def notify(world: World, authority: Authority) -> None:
    notify_authority(world.connection, CUSTODIAN, authority, rules=RULES, now=NOW)


def test_not_designated_is_a_state_of_its_own_and_the_one_before_is_kept(world: World) -> None:
    assert authorities_of(world.connection, "KE", on=TODAY) == []
    first = Authority("KE", "8.8", designated=True, since=date(2025, 1, 1), name="Revenue Authority", governmental=True)
    notify(world, first)
    notify(world, Authority("KE", "8.8", designated=False, since=date(2026, 1, 1)))
    (standing,) = authorities_of(world.connection, "KE", on=TODAY)
    assert not standing.designated
    (before,) = authorities_of(world.connection, "KE", on=date(2025, 6, 1))
    assert (before.name, before.governmental, before.until) == ("Revenue Authority", True, date(2026, 1, 1))


@pytest.mark.parametrize(
    "authority",
    [
        Authority("KE", "9", designated=False, since=TODAY),
        Authority("KE", "8.8", designated=True, since=TODAY),
        Authority("KE", "8.8", designated=True, since=TODAY, name="x" * 201),
        Authority("KE", "8.8", designated=True, since=TODAY, name="Authority\x1b[2J"),
        Authority("XX", "8.8", designated=False, since=TODAY),
        Authority("KE", "8.8", designated=True, since=TODAY, name="A", contact_address="two@a.test, b@c.test"),
    ],
)
def test_what_is_no_notification_is_refused(world: World, authority: Authority) -> None:
    with pytest.raises((DirectoryError, AddressError)):
        notify(world, authority)


def test_every_article_can_be_notified(world: World) -> None:
    for article in ARTICLES:
        notify(world, Authority("KE", article, designated=True, since=TODAY, name=f"Authority of {article}"))
    assert [one.article for one in authorities_of(world.connection, None, on=TODAY)] == list(ARTICLES)


def test_experts_come_and_go(world: World) -> None:
    expert = Expert(0, "KE", "Amara Diallo", "tax stamps", ("fr", "en"), "amara@customs.ke.test", since=TODAY)
    number = list_expert(world.connection, CUSTODIAN, expert, rules=RULES, now=NOW)
    assert [(one.id, one.languages) for one in list_experts(world.connection, on=TODAY)] == [(number, ("fr", "en"))]
    unlist_expert(world.connection, CUSTODIAN, number, on=TODAY, now=NOW)
    assert list_experts(world.connection, on=TODAY) == []
    with pytest.raises(DirectoryError):
        unlist_expert(world.connection, CUSTODIAN, number, on=TODAY, now=NOW)


def test_a_party_has_names_in_six_languages(world: World) -> None:
    names = {"en": "Kenya", "fr": "Kenya", "ar": "كينيا", "zh": "肯尼亚", "ru": "Кения", "es": "Kenya"}
    name_party(world.connection, CUSTODIAN, "KE", names, now=NOW)
    assert names_of_party(world.connection, "KE") == names
    assert require_party(world.connection, "KE").name == "Kenya"
    with pytest.raises(DirectoryError):
        name_party(world.connection, CUSTODIAN, "KE", {"de": "Kenia"}, now=NOW)


def test_a_mail_domain_is_never_the_gateways_and_not_taken_from_under_an_officer(world: World, cast: Cast) -> None:
    for domain in ("gsp.test", "query.gsp.test"):
        with pytest.raises(DirectoryError, match="gateway's own"):
            party_domain(domain, RULES)
    world.admit_officer(cast("Amina <amina@coast.ke.test>"), "KE")
    with pytest.raises(DirectoryError, match="officers still"):
        remove_domain(world.connection, CUSTODIAN, "KE", "coast.ke.test", rules=RULES, now=NOW)
    with pytest.raises(DirectoryError, match="last"):
        remove_domain(world.connection, CUSTODIAN, "UT", "utopia.test", rules=RULES, now=NOW)


def test_an_administrator_speaks_for_the_own_party(world: World) -> None:
    own, foreign = world.actor(world.administrator("KE")), world.actor(world.administrator("UT"))
    agree_protection(world.connection, own, "KE", agreed_on=TODAY, now=NOW)
    assert require_party(world.connection, "KE").protection_agreed_on == TODAY
    with pytest.raises(DirectoryError):
        agree_protection(world.connection, foreign, "KE", agreed_on=TODAY, now=NOW)
    with pytest.raises(DirectoryError):
        add_domain(world.connection, own, "KE", "other.ke.test", rules=RULES, now=NOW)
