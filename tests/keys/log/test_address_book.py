"""Officers' tools verify the Parties' certificates by the chain: the custodian cannot put another one into the book."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.main import main
from gateway.directory_export import address_book
from gateway.officer.address_book import AddressBook, BookCertificate, dump_address_book, load_address_book
from gateway.officer.chain_check import read_root, remember_root, remembered_root, verify_book
from gateway.officer.problem import OfficerProblemError
from gateway.settings import Gateway, Settings
from keyring_admin.openpgp.armor import ArmorKind, enarmor

from ..administration import NOW, Cast, World, ago
from ..people import Person, certify, fingerprints, stop_agent


@pytest.fixture
def book(world: World, tmp_path: Path) -> AddressBook:
    """As officers get it: through the file."""
    fingerprint = world.cast("gateway <query@gsp.test>").fingerprint
    settings = Settings(folder=tmp_path, gateway=Gateway(domain="gsp.test", fingerprint=fingerprint, pilot=True))
    return load_address_book(dump_address_book(address_book(world.connection, settings, NOW)).encode())


def entry(person: Person, octets: bytes | None = None) -> BookCertificate:
    armor = enarmor(octets or person.certificate, ArmorKind.PUBLIC_KEY).decode("ascii")
    return BookCertificate(person.fingerprint, armor)


def with_reader(book: AddressBook, party: str, reader: BookCertificate) -> AddressBook:
    parties = tuple(replace(one, certificates=(reader,)) if one.code == party else one for one in book.parties)
    return replace(book, parties=parties)


def test_an_honest_book_is_carried_by_the_chain(book: AddressBook, world: World) -> None:
    assert [len(party.certificates) for party in book.parties] == [1, 1]
    verify_book(book, world.root.fingerprint, NOW)


def test_a_certificate_the_chain_does_not_carry_is_refused(book: AddressBook, world: World, cast: Cast) -> None:
    mallory = cast("KE of the custodian <ke@gsp.test>")
    by_administrator = certify(world.administrator("KE"), mallory.certificate, at=ago(50))
    by_root = certify(world.root, mallory.certificate, at=ago(50))
    by_foreign_administrator = certify(world.administrator("UT"), by_root, at=ago(50))
    for octets in (mallory.certificate, by_administrator, by_root, by_foreign_administrator):
        forged = with_reader(book, "KE", entry(mallory, octets))
        with pytest.raises(OfficerProblemError, match=mallory.fingerprint):
            verify_book(forged, world.root.fingerprint, NOW)
        verify_book(forged, world.root.fingerprint, NOW, only="UT")


def test_a_certificate_under_another_ones_fingerprint_is_refused(book: AddressBook, world: World, cast: Cast) -> None:
    mallory = cast("KE of the custodian <ke@gsp.test>")
    renamed = replace(entry(mallory), fingerprint=world.reading("KE").fingerprint)
    with pytest.raises(OfficerProblemError):
        verify_book(with_reader(book, "KE", renamed), world.root.fingerprint, NOW)


def test_another_partys_certificate_is_refused(book: AddressBook, world: World) -> None:
    other = book.party("UT").certificates[0]
    with pytest.raises(OfficerProblemError):
        verify_book(with_reader(book, "KE", other), world.root.fingerprint, NOW)


def test_a_book_without_this_root_is_refused(book: AddressBook, world: World, cast: Cast) -> None:
    other = cast("Other root <root@elsewhere.test>")
    for forged in (replace(book, root=None), replace(book, root=entry(other))):
        with pytest.raises(OfficerProblemError, match="printed list"):
            verify_book(forged, world.root.fingerprint, NOW)
    renamed = replace(book, root=replace(entry(other), fingerprint=world.root.fingerprint))
    with pytest.raises(OfficerProblemError, match="printed list"):
        verify_book(renamed, world.root.fingerprint, NOW)


def test_a_root_is_remembered_as_it_was_copied_from_paper(tmp_path: Path) -> None:
    file = tmp_path / "state" / "root"
    assert remembered_root(file) is None
    remember_root(file, read_root(" 0123 4567 89ab cdef 0123  4567 89ab cdef 0123 4567\n"))
    assert remembered_root(file) == "0123456789ABCDEF0123456789ABCDEF01234567"
    for wrong in ("89ABCDEF", "", "G" * 40):  # KEY-29
        with pytest.raises(OfficerProblemError):
            read_root(wrong)


def test_importing_with_a_root_verifies_and_remembers_it(
    book: AddressBook, world: World, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered = tmp_path / "state" / "root"
    monkeypatch.setattr("gateway.cli.directory.ROOT_FILE", remembered)
    home = tmp_path / "officer"
    home.mkdir(mode=0o700)
    file = tmp_path / "directory.json"
    root = world.root.fingerprint

    def take(book: AddressBook, *options: str) -> int:
        file.write_text(dump_address_book(book), encoding="utf-8")
        arguments = ["directory", "import", str(file), "--gnupg-home", str(home), "--language", "en", *options]
        return CliRunner().invoke(main, arguments).exit_code

    mallory = cast("KE of the custodian <ke@gsp.test>")
    forged = with_reader(book, "KE", entry(mallory))
    assert take(forged, "--root", root, "--yes") == 1
    assert not remembered.exists()
    assert take(book, "--root", root) == 0  # only shows
    assert not remembered.exists()
    assert take(book, "--root", root, "--yes") == 0
    assert remembered_root(remembered) == root
    assert mallory.fingerprint not in fingerprints(home)
    assert world.reading("KE").fingerprint in fingerprints(home)
    assert take(forged, "--yes") == 1  # from now on without asking for it
    stop_agent(home)
