"""Officers can put nothing onto the server, whatever their role and whichever folder: the heart of DESIGN §5.4."""

import re
from collections.abc import Callable

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from mailroom.mailboxes.recipients import officer_recipient, party_recipient, sent_recipient

from .mailbox_world import GATEWAY_DOMAIN, ROLES, MailboxWorld, sealed_mail

CLEAR_DRAFT = b"Subject: clear draft\r\n\r\nUID 0123456789 in the clear\r\n"


def folders_for(party: str, role: str) -> list[str]:
    return ["INBOX", "Sent"] + ([f"Party/{party}"] if role != "none" else [])


def fill(world: MailboxWorld, party: str, address: str) -> None:
    for recipient in (
        officer_recipient(address),
        sent_recipient(address),
        party_recipient(party, GATEWAY_DOMAIN),
    ):
        assert world.deliver(recipient, sealed_mail()).enhanced == "2.0.0"


def refused(action: Callable[..., object], *arguments: object) -> bool:
    """Whether the server answers NO for want of rights; any other failure is not what is tested."""
    try:
        action(*arguments)
    except IMAPClientError as error:
        assert re.search(r"NOPERM|CANNOT|can't be deleted|not allowed|disallowed", str(error)), str(error)  # noqa: PT017
        return True
    return False


@pytest.mark.parametrize("role", ROLES)
def test_an_officer_sees_own_folders_and_with_a_role_the_partys(world: MailboxWorld, role: str) -> None:
    party = world.new_party()
    address = world.new_officer(party, role)
    with world.imap(address) as client:
        selectable = {name for flags, _, name in client.list_folders() if b"\\Noselect" not in flags}
        subscribed = {name for _, _, name in client.list_sub_folders()}
    assert selectable == set(folders_for(party, role))
    assert subscribed == selectable  # clients that show subscribed folders only show them all


@pytest.mark.parametrize("role", ROLES)
def test_no_officer_can_append_to_any_folder(world: MailboxWorld, role: str) -> None:
    party = world.new_party()
    address = world.new_officer(party, role)
    fill(world, party, address)
    with world.imap(address) as client:
        for folder in [*folders_for(party, role), "Drafts", "Trash", "Party/Drafts"]:
            assert refused(client.append, folder, CLEAR_DRAFT), folder
        for folder in folders_for(party, role):
            assert client.select_folder(folder)[b"EXISTS"] == 1, folder


@pytest.mark.parametrize("role", ROLES)
def test_no_officer_can_copy_or_move_into_any_folder(world: MailboxWorld, role: str) -> None:
    party = world.new_party()
    address = world.new_officer(party, role)
    fill(world, party, address)
    folders = folders_for(party, role)
    with world.imap(address) as client:
        for source in folders:
            client.select_folder(source)
            for target in [*folders, "Archive"]:
                assert refused(client.copy, [1], target), (source, target)
                assert refused(client.move, [1], target), (source, target)
        for folder in folders:
            assert client.select_folder(folder)[b"EXISTS"] == 1, folder


@pytest.mark.parametrize("role", ROLES)
def test_no_officer_can_create_rename_or_delete_folders(world: MailboxWorld, role: str) -> None:
    party = world.new_party()
    address = world.new_officer(party, role)
    fill(world, party, address)
    with world.imap(address) as client:
        before = client.list_folders()
        for name in ("Drafts", "Trash", "INBOX/Drafts", "Sent/Drafts", "Party/Drafts", f"Party/{party}/Drafts"):
            assert refused(client.create_folder, name), name
        for folder in folders_for(party, role):
            assert refused(client.rename_folder, folder, "Moved"), folder
            assert refused(client.delete_folder, folder), folder
        names = {name for _, _, name in client.list_folders()}
        assert names == {name for _, _, name in before}


@pytest.mark.parametrize("role", ROLES)
def test_no_officer_can_change_rights_and_all_can_subscribe(world: MailboxWorld, role: str) -> None:
    party = world.new_party()
    address = world.new_officer(party, role)
    with world.imap(address) as client:
        for folder in folders_for(party, role):
            assert refused(client.setacl, folder, address, "lrswipkxtea"), folder
            assert refused(client.setacl, folder, "anyone", "lri"), folder
            client.unsubscribe_folder(folder)
            client.subscribe_folder(folder)
            assert folder in {name for _, _, name in client.list_sub_folders()}


@pytest.mark.parametrize("role", ROLES)
def test_no_folder_grants_insert_post_create_delete_or_administer(world: MailboxWorld, role: str) -> None:
    party = world.new_party()
    address = world.new_officer(party, role)
    with world.imap(address) as client:
        rights = {folder: my_rights(client, folder) for folder in folders_for(party, role)}
    party_rights = {"none": set(), "review": set("lrste")}.get(role, set("lrs"))
    assert rights["INBOX"] == set("lrste")
    assert rights["Sent"] == set("lrs")
    assert rights.get(f"Party/{party}", set()) == party_rights


def my_rights(client: IMAPClient, folder: str) -> set[str]:
    """RFC 4314 §3.5, without `d`, which §2.1.1 makes of `t` and `e`."""
    _, answer = client._imap.myrights(folder)
    return set(answer[0].decode().split()[-1]) - {"d"}


@pytest.mark.parametrize("role", ROLES)
def test_seen_can_be_stored_everywhere(world: MailboxWorld, role: str) -> None:
    party = world.new_party()
    address = world.new_officer(party, role)
    fill(world, party, address)
    with world.imap(address) as client:
        for folder in folders_for(party, role):
            client.select_folder(folder)
            client.add_flags([1], [rb"\Seen"])
            assert rb"\Seen" in client.get_flags([1])[1], folder


@pytest.mark.parametrize("role", ROLES)
def test_expunging_works_in_the_own_inbox_and_for_reviewers_in_the_partys(world: MailboxWorld, role: str) -> None:
    party = world.new_party()
    address = world.new_officer(party, role)
    fill(world, party, address)
    may_expunge = {"INBOX"} | ({f"Party/{party}"} if role == "review" else set())
    with world.imap(address) as client:
        for folder in folders_for(party, role):
            client.select_folder(folder)
            try:
                client.delete_messages([1])
                client.expunge()
            except IMAPClientError as error:
                assert "Permission denied" in str(error)  # noqa: PT017 - which refusal it was
            left = client.select_folder(folder)[b"EXISTS"]
            assert left == (0 if folder in may_expunge else 1), folder


def test_an_officer_of_another_party_sees_and_reaches_nothing(world: MailboxWorld) -> None:
    party, other = world.new_party(), world.new_party()
    reader = world.new_officer(party, "query")
    stranger = world.new_officer(other, "review")
    fill(world, party, reader)
    hidden = [
        f"Party/{party}",
        f"Party/{other}/../{party}",
        f"Party/../../../{party.lower()}/mdbox/mailboxes/{party}",
        f"{party}/INBOX",
        f"/{world.settings.data_folder}/parties/{party.lower()}/mdbox",
        f"~{party.lower()}@{GATEWAY_DOMAIN}/INBOX",
    ]
    with world.imap(stranger) as client:
        assert not [name for _, _, name in client.list_folders("", "*") if party in name]
        for folder in hidden:
            with pytest.raises(IMAPClientError):
                client.select_folder(folder)
            with pytest.raises(IMAPClientError):
                client.folder_status(folder)
            with pytest.raises(IMAPClientError):
                client.append(folder, CLEAR_DRAFT)
    with world.imap(reader) as client:  # the folder is there for those it belongs to
        assert client.select_folder(f"Party/{party}")[b"EXISTS"] == 1


def test_refused_drafts_leave_no_octet_on_the_disk(world: MailboxWorld) -> None:
    party = world.new_party()
    address = world.new_officer(party, "review")
    with world.imap(address) as client:
        for folder in folders_for(party, "review"):
            assert refused(client.append, folder, CLEAR_DRAFT * 5000)
        assert not files_holding(world, b"UID 0123456789 in the clear")
    assert world.deliver(officer_recipient(address), sealed_mail("octets that arrived")).enhanced == "2.0.0"
    assert files_holding(world, b"octets that arrived")


def test_expunged_mail_is_gone_from_the_disk_after_a_purge(world: MailboxWorld) -> None:
    party = world.new_party()
    address = world.new_officer(party, "review")
    marker = f"ciphertext of {address}"
    assert world.deliver(party_recipient(party, GATEWAY_DOMAIN), sealed_mail(marker)).enhanced == "2.0.0"
    with world.imap(address) as client:
        client.select_folder(f"Party/{party}")
        client.delete_messages([1])
        client.expunge()
    assert files_holding(world, marker.encode())  # mdbox keeps it until purged
    world.dovecot.purge_expunged()
    assert not files_holding(world, marker.encode())


def files_holding(world: MailboxWorld, octets: bytes) -> list[str]:
    folders = (world.settings.data_folder, world.settings.run_folder)
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return [str(file) for file in files if octets in file.read_bytes()]
