"""What `forms@` sends, and where it is an address at all; through the running gateway: running/test_by_mail.py."""

import pytest

from gateway.library import by_mail
from gateway.library.by_mail import FormsDesk, LibraryFiles
from gateway.library.fetching import newer
from gateway.library.problem import LibraryLifeError, Problem
from gateway.library.release import read_release
from gateway.library_in_force import library_in_force
from gateway.notices import Attachment
from gateway.state import open_state
from pattern_rules import core_library_octets

from .conftest import Office
from .stamps import Stamp


def sent(office: Office) -> tuple[Attachment, ...]:
    files = LibraryFiles(office.folder / "library.toml", lambda: office.release_keys)
    with open_state(office.settings).connect() as connection:
        return files.attachments(connection)


def publish(office: Office, *numbers: int) -> None:
    for number in numbers:
        stamp = Stamp(f"KE-S{number}", f"KS{number}[0-9]{{10}}", f"KS{number}0000000001")
        assert office.declare("amina", stamp).exit_code == 0
        office.publish_all()


def test_all_versions_are_sent_so_that_an_old_copy_can_follow(office: Office) -> None:
    first = read_release((office.folder / "library.toml").read_bytes(), office.release_keys)
    publish(office, 2, 3)
    files = sent(office)
    assert [one.name for one in files] == ["library-1.gsp", "library-2.gsp", "library-3.gsp"]
    assert files[-1].octets == (office.folder / "library.toml").read_bytes()
    offered = [read_release(one.octets, office.release_keys) for one in files]
    taken = newer(first.library, offered, on=first.library.issued)
    assert taken is not None
    assert taken.library.version == 3


def test_number_and_size_of_what_is_sent_are_bounded(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(office, 2, 3)
    monkeypatch.setattr(by_mail, "_VERSIONS_AT_MOST", 2)
    assert [one.name for one in sent(office)] == ["library-2.gsp", "library-3.gsp"]
    size = len((office.folder / "library.toml").read_bytes())
    monkeypatch.setattr(by_mail, "MAILED_AT_MOST", 2 * size - 1)  # an older version is a little smaller
    assert [one.name for one in sent(office)] == ["library-2.gsp", "library-3.gsp"]
    monkeypatch.setattr(by_mail, "MAILED_AT_MOST", size)
    assert [one.name for one in sent(office)] == ["library-3.gsp"]


def test_what_an_officer_would_refuse_is_not_sent(office: Office) -> None:
    (office.folder / "library.toml").write_bytes(core_library_octets())
    with pytest.raises(LibraryLifeError) as refusal:
        sent(office)
    assert refusal.value.problem is Problem.NOT_RELEASED
    with open_state(office.settings).connect() as connection, pytest.raises(LibraryLifeError) as refusal:
        LibraryFiles(office.folder / "library.toml", lambda: None).attachments(connection)
    assert refusal.value.problem is Problem.NO_RELEASE_KEYS


def test_it_is_an_address_where_it_is_on_and_something_signed_is_there(office: Office) -> None:
    library = library_in_force(office.settings, open_state(office.settings), "test")
    off = office.settings.model_copy(update={"forms": office.settings.forms.model_copy(update={"enabled": False})})
    unsigned = office.settings.model_copy(
        update={"library": office.settings.library.model_copy(update={"release_keys": ()})}
    )
    assert [FormsDesk(settings, library).open for settings in (office.settings, off, unsigned)] == [True, False, False]
