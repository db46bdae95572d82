"""The world of the demonstration: a gateway, three Parties, their officers, and what officers do by command."""

import json
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import TypeVar

from forms.form import Form
from gateway.demo.people import DemoParty, export, make_keys, make_parties
from gateway.demo.running import DemoError, Ports, RunningGateway, gsp, run_gsp
from gateway.gate import Accepted, judge
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.mailbox import MailboxAccess, fetch_mails, logged_in
from keyring_admin.openpgp.opening import BadSignatureError, verify_signer
from pattern_rules import core_library_octets, load_library

DOMAIN = "gsp.test"
_ARRIVAL_SECONDS = 30
Found = TypeVar("Found")


@dataclass(slots=True)
class DemoWorld:
    """Everything the acts share. tell: prints a line."""

    folder: Path
    ports: Ports
    tell: Callable[[str], None]
    parties: dict[str, DemoParty] = field(default_factory=dict)
    exchanges: dict[str, str] = field(default_factory=dict)
    gateway: RunningGateway | None = None

    @property
    def config(self) -> Path:
        """The gateway's configuration."""
        return self.folder / "gw" / "gsp.toml"

    @property
    def authority(self) -> Path:
        """The authority that clients trust for TLS."""
        return self.folder / "gw" / "tls" / "authority.pem"

    @property
    def book(self) -> Path:
        """The address book."""
        return self.folder / "directory.json"

    @property
    def library(self) -> Path:
        """The officers' copy of the library in force."""
        return self.folder / "library.toml"

    @property
    def stale_library(self) -> Path:
        """An older version, in which a pattern belonged to another Party."""
        return self.folder / "stale-library.toml"

    def set_up(self) -> None:
        """The gateway, three Parties, their officers, and the running gateway."""
        self.tell("Making a pilot gateway, three Parties and their GnuPG keys")
        ports = self.ports
        gsp(
            *("init", str(self.folder / "gw"), "--domain", DOMAIN, "--pilot", "--resolve"),
            *("--submission-port", str(ports.submission), "--starttls-port", str(ports.starttls)),
            *("--imap-port", str(ports.imap)),
        )
        self._publish_libraries()
        for party in make_parties(self.folder):
            party.home.mkdir(mode=0o700)
            make_keys(party, DOMAIN)
            self.parties[party.code] = party
            reading = export(party, party.reading_fingerprint, party.home / "reading.asc")
            officer = export(party, party.officer_fingerprint, party.home / "officer.asc")
            gsp(
                *("parties", "admit", party.code, party.name, "--domain", party.domain),
                *("--reading-certificate", str(reading)),
                config=self.config,
            )
            admitted = gsp(
                *("officers", "admit", party.officer, "--party", party.code, "--certificate", str(officer)),
                *("--role", "query", "--role", "reply", "--language", party.language),
                config=self.config,
            )
            party.password = admitted.rpartition("password")[2].strip()
            party.password_file.write_text(party.password, encoding="ascii")
        self.book.write_text(gsp("directory", "export", config=self.config), encoding="utf-8")
        for party in self.parties.values():
            gsp("directory", "import", str(self.book), "--gnupg-home", str(party.gnupg), "--yes")
        self.tell(gsp("parties", "list", config=self.config))
        self.gateway = RunningGateway(self.config)
        self.gateway.start()
        self.tell(f"The gateway runs: submission on port {ports.submission}, IMAP on port {ports.imap} (both TLS)")

    def _publish_libraries(self) -> None:
        """Version 2 is in force; version 1 is the officers' old copy, where Kenya's stamp stood under Pakistan."""
        core = core_library_octets().decode("utf-8")
        stale = re.sub(r'(id = "ke-stamp"\nparty = )"KE"', r'\1"PK"', core)
        if stale == core:
            raise DemoError("the shipped library has no pattern ke-stamp of Kenya any more")
        self.stale_library.write_text(stale, encoding="utf-8")
        predecessor = load_library(stale.encode()).sha256
        current = core.replace("number = 1\n", "number = 2\n", 1)
        current = current.replace('predecessor = ""', f'predecessor = "{predecessor}"', 1)
        for file in (self.library, self.folder / "gw" / "library.toml"):
            file.write_text(current, encoding="utf-8")

    def open_folder(self, officer: DemoParty, folder: str) -> str:
        """`gsp open` over IMAP, once something has come; what it showed."""
        self.wait_until_delivered()
        self.wait_for(officer, folder, lambda mails: mails[-1] if mails else None)
        done = run_gsp(
            *("open", "--imap", f"localhost:{self.ports.imap}", "--folder", folder, "--language", officer.language),
            *self.officer_arguments(officer),
            *("--password-file", str(officer.password_file), "--ca", str(self.authority)),
            *("--save", str(officer.home / "forms")),
        )
        if done.returncode != 0:
            raise DemoError(f"gsp open: {done.stdout}{done.stderr}")
        return done.stdout

    def open_notice(self, officer: DemoParty) -> str:
        """The text of the last notice, decrypted with the officer's GnuPG."""
        accepted = judge(self.mails(officer, "INBOX")[-1], size_limit=1 << 20)
        if not isinstance(accepted, Accepted):
            raise DemoError("the notice is not encrypted")
        opened = OfficerKeyring(officer.gnupg).open(accepted.messages[0].octets)
        message = message_from_bytes(opened.data, policy=default)
        return f"{message['Subject']}\n{message.get_content()}"

    def open_answer(self, officer: DemoParty) -> EmailMessage:
        """The newest answer of `resolve@`, decrypted with the officer's GnuPG. Raises DemoError if it never comes."""
        raw = self.wait_for(officer, "INBOX", _newest_answer)
        accepted = judge(raw, size_limit=1 << 20)
        if not isinstance(accepted, Accepted):
            raise DemoError("the answer is not encrypted")
        opened = OfficerKeyring(officer.gnupg).open(accepted.messages[0].octets)
        gateway = json.loads(self.book.read_text(encoding="utf-8"))["gateway"]["fingerprint"]
        try:
            verify_signer(opened, OfficerKeyring(officer.gnupg).certificate(gateway) or b"")
        except BadSignatureError:
            raise DemoError("the answer is not signed by the gateway") from None
        return message_from_bytes(opened.data, _class=EmailMessage, policy=default)

    def form_file(self, officer: DemoParty, name: str, form: Form) -> Path:
        """A form as a file of the officer."""
        folder = officer.home / "forms"
        folder.mkdir(exist_ok=True)
        file = folder / f"{name}.xml"
        file.write_bytes(form.canonical)
        return file

    def seal_and_send(self, officer: DemoParty, form: Path, *options: str) -> str:
        """`gsp seal … --send`; what it said."""
        done = self.try_to_seal_and_send(officer, form, *options)
        if done.returncode != 0:
            raise DemoError(f"gsp seal: {done.stderr.strip()}")
        return done.stderr

    def try_to_seal_and_send(self, officer: DemoParty, form: Path, *options: str) -> subprocess.CompletedProcess[str]:
        """`gsp seal … --send`, whatever comes of it."""
        return run_gsp(
            *("seal", str(form), "--party", officer.code, *self.officer_arguments(officer), *options),
            *("--send", f"localhost:{self.ports.submission}", "--password-file", str(officer.password_file)),
            *("--ca", str(self.authority)),
        )

    def officer_arguments(self, officer: DemoParty) -> tuple[str, ...]:
        """The options every command of an officer needs."""
        return (
            *("--officer", officer.officer, "--gnupg-home", str(officer.gnupg)),
            *("--address-book", str(self.book), "--memory", str(officer.home / "memory.db")),
        )

    def mails(self, officer: DemoParty, folder: str) -> list[bytes]:
        """The mails in a folder of the officer, by IMAP."""
        access = MailboxAccess("localhost", self.ports.imap, officer.officer, officer.password, self.authority)
        with logged_in(access) as client:
            return list(fetch_mails(client, folder, unseen_only=False))

    def wait_for(self, officer: DemoParty, folder: str, wanted: Callable[[list[bytes]], Found | None]) -> Found:
        """Wait until a folder holds what is wanted. Raises DemoError when it does not come."""
        deadline = time.monotonic() + _ARRIVAL_SECONDS
        while time.monotonic() < deadline:
            found = wanted(self.mails(officer, folder))
            if found is not None:
                return found
            time.sleep(0.2)
        raise DemoError(f"nothing arrived in {folder} of {officer.officer}")

    def wait_until_delivered(self) -> None:
        """Wait until the queue is empty."""
        deadline = time.monotonic() + _ARRIVAL_SECONDS
        while time.monotonic() < deadline:
            waiting = gsp("queue", "list", config=self.config)
            if "deliveries" not in waiting and "accepted mails │ accepted" not in waiting:
                return
            time.sleep(0.2)
        raise DemoError("the queue does not become empty")


def _newest_answer(mails: list[bytes]) -> bytes | None:
    answers = [mail for mail in mails if b"GSP answer [" in mail.partition(b"\r\n\r\n")[0]]
    return answers[-1] if answers else None
