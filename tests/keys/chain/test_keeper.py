"""What time alone changes is derived by the running gateway, once an hour."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert

from keyring_admin.administration_schema import root_certificates
from keyring_admin.certificate_store import Purpose, admit_certificate, find_certificate
from keyring_admin.certificates import examine_certificate
from keyring_admin.chain.derive import derive_due_access
from keyring_admin.chain_state import ChainState
from keyring_admin.database import metadata, open_database, write_transaction

from ..people import Person, certify
from .conftest import LONG_AGO, NOW, ago


def test_what_begins_and_what_ends_is_derived_from_the_engine_alone(
    tmp_path: Path, cast: Callable[[str], Person]
) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'directory.db'}")
    metadata.create_all(engine)
    root, clerk = cast("GSP root <root@secretariat.test>"), cast("Clerk <clerk@secretariat.test>")
    octets = certify(root, clerk.certificate, at=ago(-1), expire="10d")
    with write_transaction(engine) as connection:
        values = {"fingerprint": root.fingerprint, "octets": root.certificate, "installed_at": LONG_AGO}
        connection.execute(insert(root_certificates).values(**values))
        facts = examine_certificate(octets, "clerk@secretariat.test", now=NOW, special_use_domains=True)
        admit_certificate(connection, facts, purpose=Purpose.SECRETARIAT, party=None, now=NOW)

    def derived(now: datetime) -> list[ChainState]:
        return [change.after for change in derive_due_access(engine, now=now, special_use_domains=True)]

    assert derived(NOW) == [ChainState.NOT_CERTIFIED_BY_ROOT]
    assert derived(NOW) == []
    assert derived(ago(-2)) == [ChainState.IN_FORCE]
    assert derived(ago(-3)) == []
    assert derived(ago(-12)) == [ChainState.CERTIFICATION_EXPIRED]
    with engine.connect() as connection:
        found = find_certificate(connection, clerk.fingerprint)
    assert found is not None
    assert found.chain is ChainState.CERTIFICATION_EXPIRED
    engine.dispose()
