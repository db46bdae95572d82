"""Who held the Party's reading key has left: the Party owes another one until it is in force and the old one is not."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from keyring_admin.acts.actor import CUSTODIAN
from keyring_admin.acts.officers import Admission, admit_officer, remove_officer
from keyring_admin.acts.parties import admit_party
from keyring_admin.acts.reading import admit_reading_certificate, withdraw_reading_certificate
from keyring_admin.acts.rotation import close_rotations, rotations
from keyring_admin.acts.rules import DirectoryRules
from keyring_admin.database import metadata, open_database, write_transaction
from keyring_admin.officers import Role
from keyring_admin.parties import Party

from ..people import Person

NOW = datetime.now(UTC)
RULES = DirectoryRules("gsp.test", special_use_domains=True)


def test_the_duty_begins_with_the_leaving_and_ends_with_the_old_certificate(
    tmp_path: Path, someone: Callable[[str], Person]
) -> None:
    first, second = someone("Kenya <ke@gsp.test>"), someone("Kenya 2 <ke@gsp.test>")
    engine = open_database(f"sqlite:///{tmp_path / 'directory.db'}")
    metadata.create_all(engine)
    with write_transaction(engine) as connection:
        kenya = Party("KE", "Kenya", date(2020, 1, 1), None, active=True, domains=("customs.ke.test",))
        admit_party(connection, CUSTODIAN, kenya, rules=RULES, now=NOW)
        admit_reading_certificate(connection, CUSTODIAN, "KE", first.certificate, rules=RULES, now=NOW)
        for name, role in (("alice", Role.REPLY), ("director", Role.ADMINISTER)):
            certificate = someone(f"{name} <{name}@customs.ke.test>").certificate
            admission = Admission(f"{name}@customs.ke.test", "KE", certificate, "x", frozenset({role}))
            admit_officer(connection, CUSTODIAN, admission, rules=RULES, now=NOW)
        assert rotations(connection, "KE") == []

        removal = remove_officer(connection, CUSTODIAN, "alice@customs.ke.test", rules=RULES, now=NOW)
        assert removal.rotate == (first.fingerprint,)
        (owed,) = rotations(connection, "KE")
        assert (owed.certificate, owed.due_at, owed.done_at) == (first.fingerprint, NOW + RULES.rotation, None)

        later = NOW + timedelta(days=3)
        admit_reading_certificate(connection, CUSTODIAN, "KE", second.certificate, rules=RULES, now=later)
        assert close_rotations(connection, now=later) == 0, "who left can still read with the old one"
        withdraw_reading_certificate(connection, CUSTODIAN, "KE", first.fingerprint, now=later)
        (done,) = rotations(connection, "KE")
        assert done.done_at == later
    engine.dispose()
