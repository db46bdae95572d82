"""From declarations to a version in force: who may do what, and what stands in the way."""

import re
from datetime import date

from gateway.library.archive import versions
from gateway.state import open_state
from pattern_rules.library import Status

from .conftest import Office
from .stamps import Stamp

PK_GREEDY = Stamp("PK-STRIP", "K[EP]S[0-9]{10}", "KPS0000000001")


def test_a_declared_pattern_comes_into_force_after_approval_and_two_signatures(office: Office, ke_stamp: Stamp) -> None:
    before = office.in_force
    declared = office.declare("amina", ke_stamp)
    assert declared.exit_code == 0, declared.output
    reviewed = office.review()
    assert reviewed.exit_code == 0, reviewed.output
    assert "added     ke-strip (KE)" in reviewed.output
    assert office.gsp("publish", "--request", str(office.folder / "out")).exit_code == 1  # nobody has approved
    assert office.approve("clara").exit_code == 0
    published = office.publish("release-1", "release-2")
    assert published.exit_code == 0, published.output
    after = office.in_force
    assert (after.version, after.predecessor) == (before.version + 1, before.sha256)
    assert after.pattern_parties("ke-strip") == {"KE"}
    assert re.search(r"declaration [0-9a-f]{64}", after.by_id["ke-strip"].provenance)
    log = office.gsp("log").output
    assert "declared by KE amina@customs.ke.test" in log
    assert "approved by clara@secretariat.test (Secretariat)" in log
    assert after.sha256 in log


def test_a_conflict_of_two_parties_needs_consent_and_then_one_stands_back(office: Office, ke_stamp: Stamp) -> None:
    assert office.declare("amina", ke_stamp).exit_code == 0
    assert office.declare("dilawar", PK_GREEDY).exit_code == 0
    reviewed = office.review()
    assert reviewed.exit_code == 3
    assert re.search(r"matches-example-of-another-party .*\[needs the consent of KE, PK\]", reviewed.output)
    assert office.approve("clara").exit_code == 1
    given = office.consent("dilawar", "PK", "pk-strip", "ke-strip", "stands-back")
    assert given.exit_code == 0, given.output
    office.publish_all()
    assert office.in_force.by_id["pk-strip"].yields_to == ("ke-strip",)


def test_sharing_needs_the_consent_of_both_who_declare(office: Office, ke_stamp: Stamp) -> None:
    assert office.declare("amina", ke_stamp).exit_code == 0
    assert office.declare("dilawar", PK_GREEDY).exit_code == 0
    assert office.consent("dilawar", "PK", "pk-strip", "ke-strip", "shared").exit_code == 0
    one_sided = office.review()
    assert one_sided.exit_code == 3
    assert "[needs the consent of KE]" in one_sided.output
    assert office.consent("amina", "KE", "ke-strip", "pk-strip", "shared").exit_code == 0
    settled = office.review()
    assert settled.exit_code == 0, settled.output
    assert "[settled]" in settled.output


def test_uids_of_an_earlier_declaration_move_only_with_their_partys_consent(office: Office, ke_stamp: Stamp) -> None:
    assert office.declare("amina", ke_stamp).exit_code == 0
    office.publish_all()
    nearly_the_same = Stamp("PK-STRIP", "KES[0-9]{9,10}", "KES000000001", lengths=(12, 13))
    assert office.declare("dilawar", nearly_the_same).exit_code == 0
    reviewed = office.review()
    assert reviewed.exit_code == 3
    assert re.search(r"example-moves .*KES0000000001  \[needs the consent of KE\]", reviewed.output)
    assert office.consent("amina", "KE", "ke-strip", "pk-strip", "stands-back").exit_code == 0
    office.publish_all()
    assert office.in_force.by_id["ke-strip"].yields_to == ("pk-strip",)


def test_a_consent_does_not_cover_a_declaration_made_anew(office: Office, ke_stamp: Stamp) -> None:
    assert office.declare("amina", ke_stamp).exit_code == 0
    office.publish_all()
    declared = office.declare("dilawar", PK_GREEDY)
    assert office.consent("amina", "KE", "ke-strip", "pk-strip", "shared").exit_code == 0
    assert office.review().exit_code == 0
    sha256 = re.search(r"[0-9a-f]{64}", declared.output)
    assert sha256 is not None
    assert office.gsp("withdraw", sha256[0]).exit_code == 0
    wider = Stamp("PK-STRIP-2", "K[A-Z]S[0-9]{10}", "KPS0000000001")
    assert office.declare("dilawar", wider).exit_code == 0
    assert office.review().exit_code == 3


def test_amending_keeps_what_the_form_does_not_ask_and_retiring_keeps_the_rest(office: Office, ke_stamp: Stamp) -> None:
    old = office.in_force.by_id["eu-qcall-i"]
    amended = Stamp(
        "EU-QCALL-I",
        old.expression.source.replace("{9}", "{9,10}"),
        "QCALLa7K2m9XqZB4c1",
        counter_example="QCALLF001",
        change="amend",
        lengths=(18, 19),
    )
    declared = office.declare("bruno", amended)
    assert declared.exit_code == 0, declared.output
    retired = Stamp(
        "KE-STAMP", office.in_force.by_id["ke-stamp"].expression.source, "KE24T00012345674", change="retire"
    )
    assert office.declare("amina", retired).exit_code == 0
    assert office.review().exit_code == 0
    assert office.approve("clara").exit_code == 0
    assert office.publish("release-2", "release-1").exit_code == 0
    new = office.in_force.by_id["eu-qcall-i"]
    assert (new.stem, new.stem_parts) == (old.stem, old.stem_parts)
    assert new.max_length == 19
    assert office.in_force.by_id["ke-stamp"].status is Status.RETIRED
    assert office.in_force.pattern_parties("ke-stamp") == frozenset()


def test_dates_of_manufacture_and_of_the_question_are_declared_apart(office: Office) -> None:
    stamp = Stamp(
        "KE-DATED", "KED[0-9]{10}", "KED0000000001", made_until="2026-06-30", asked=("2026-01-01", "2027-12-31")
    )
    assert office.declare("amina", stamp).exit_code == 0
    office.publish_all()
    pattern = office.in_force.by_id["ke-dated"]
    assert (pattern.made.since, pattern.made.until) == (date(2026, 1, 1), date(2026, 6, 30))
    assert (pattern.valid.since, pattern.valid.until) == (date(2026, 1, 1), date(2027, 12, 31))
    assert office.in_force.pattern_parties("ke-dated", date(2027, 12, 31)) == {"KE"}
    assert office.in_force.pattern_parties("ke-dated", date(2028, 1, 1)) == frozenset()


def test_rolling_back_is_a_new_version_that_two_people_approve(office: Office, ke_stamp: Stamp) -> None:
    first = office.in_force
    assert office.declare("amina", ke_stamp).exit_code == 0
    office.publish_all()
    approval = str(office.folder / "approval.txt")
    rolled = office.gsp("rollback", str(first.version), "--statement", approval)
    assert rolled.exit_code == 0, rolled.output
    assert office.approve("clara").exit_code == 0
    assert office.publish("release-1", "release-2").exit_code == 1  # one more
    assert office.approve("omar").exit_code == 0
    assert office.publish("release-1", "release-2").exit_code == 0
    now = office.in_force
    assert (now.version, now.patterns) == (3, first.patterns)
    with open_state(office.settings).connect() as connection:
        assert [one.rollback_of for one in versions(connection)] == [None, None, 1]


def test_two_versions_are_compared_by_number(office: Office, ke_stamp: Stamp) -> None:
    assert office.declare("amina", ke_stamp).exit_code == 0
    office.publish_all()
    shown = office.gsp("diff", "1")
    assert shown.exit_code == 0, shown.output
    assert "From version 1" in shown.output
    assert "to version 2" in shown.output
    assert "added     ke-strip" in shown.output
    assert "removed   ke-strip" in office.gsp("diff", "2", "1").output
    assert "They recognise the same." in office.gsp("diff", "2", "2").output
    assert office.gsp("diff", "1", "7").exit_code == 1


def test_approvals_do_not_survive_a_change_of_the_proposal(office: Office, ke_stamp: Stamp) -> None:
    assert office.declare("amina", ke_stamp).exit_code == 0
    assert office.review().exit_code == 0
    assert office.approve("clara").exit_code == 0
    assert office.review().exit_code == 0  # the same proposal: approved still
    assert office.gsp("publish", "--request", str(office.folder / "out")).exit_code == 0
    assert office.declare("bruno", Stamp("EU-STRIP", "EUS[0-9]{10}", "EUS0000000001")).exit_code == 0
    assert office.review().exit_code == 0
    refused = office.gsp("publish", "--request", str(office.folder / "out"))
    assert refused.exit_code == 1
    assert "lacks the approval" in refused.output
