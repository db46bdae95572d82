"""What happens in the demonstration: queries and replies, sealed and direct, and what is refused."""

import re
from email import message_from_bytes
from email.policy import default

from forms.entries import Entry
from forms.queries import Answer, AnswerStatus, Purpose, new_query, new_reply
from forms.validation import validate
from gateway.demo.mail_client import ClientMail, MailClientError, send_with_client
from gateway.demo.running import DemoError
from gateway.demo.world import DOMAIN, DemoWorld
from gateway.officer.keyring import OfficerKeyring
from gateway.officer.problem import OfficerProblemError
from gateway.officer.submitting import submit
from keyring_admin.openpgp.armor import enarmor

_EXCHANGE = re.compile(r"exchange ([0-9A-Z]{26})")
_CODES = re.compile(r"[45]\d\d[ -][45]\.\d+\.\d+[^\n)]*")

JUSTIFICATION = "Seized in a container at Mombasa, case KRA-2231; the origin decides who is prosecuted."
ANSWER = "Plant 7, line 4, sold to Baltia Trading OU, invoice 2024-0519-88."
DIRECT_TEXT = "Bonjour, three cartons with this stamp were found at Zeebrugge."
UNKNOWN_UID = "NOBODY-9QX4-77T2"
SUBJECT = "about the Zeebrugge cartons"


def query(world: DemoWorld, asking: str, asked: str) -> None:
    """A sealed query, composed and sent by the officer's command."""
    sender, owner = world.parties[asking], world.parties[asked]
    form = new_query([owner.uid.encode()], justification=JUSTIFICATION, purpose=Purpose.INVESTIGATION)
    file = world.form_file(sender, f"query-{asked}", form)
    said = world.seal_and_send(sender, file, "--library", str(world.library), "--declare-uids")
    found = _EXCHANGE.search(said)
    if found is None:
        raise DemoError("gsp seal did not name the exchange")
    world.exchanges[f"{asking}→{asked}"] = found.group(1)
    world.tell(f"{asking} asks {asked}: {said.strip().splitlines()[-1]}")


def reply(world: DemoWorld, asking: str, asked: str) -> None:
    """The asked Party's officer opens the query and answers it."""
    officer = world.parties[asked]
    exchange = world.exchanges[f"{asking}→{asked}"]
    shown = world.open_folder(officer, f"Party/{asked}")
    world.tell(f"\n{asked} reads in its mailbox:\n{_indented(shown)}")
    query = validate((officer.home / "forms" / f"{exchange}-uid-query.xml").read_bytes())
    answer = Answer(
        uids=query.uids,
        status=AnswerStatus.FOUND,
        entries=(
            Entry("manufacture/date", "2024-05-19"),
            Entry("manufacture/country", "EE"),
            Entry("facility/name", ANSWER),
            Entry("first-customer/name", answer="withheld", reason="ongoing-investigation"),
        ),
    )
    file = world.form_file(officer, f"reply-{asking}", new_reply(query, [answer]))
    said = world.seal_and_send(officer, file, "--reply-to", exchange)
    world.tell(f"{asked} answers {asking}: {said.strip().splitlines()[-1]}")


def read_reply(world: DemoWorld, asking: str, asked: str) -> None:
    """The asking Party's officer reads the answer."""
    shown = world.open_folder(world.parties[asking], f"Party/{asking}")
    world.tell(f"\n{asking} reads the answer of {asked} in its mailbox:\n{_indented(shown)}")


def direct_query_by_client(world: DemoWorld, asking: str, asked: str) -> None:
    """An ordinary mail client writes to the Party's own address (phase 1)."""
    sender, owner = world.parties[asking], world.parties[asked]
    form = new_query([owner.uid.encode()], justification=JUSTIFICATION, purpose=Purpose.DETECTION)
    mail = ClientMail(
        recipient=f"{asked.lower()}@{DOMAIN}",
        subject=SUBJECT,  # in the clear on the way, dropped by the gateway
        text=DIRECT_TEXT,
        attachment=world.form_file(sender, f"direct-{asked}", form),
    )
    send_with_client(sender, mail, port=world.ports.submission, authority=world.authority)
    world.tell(f"{asking} writes to {mail.recipient} with Emacs (PGP/MIME, signed and encrypted)")


def direct_reply_by_client(world: DemoWorld, asked: str, asking: str) -> None:
    """The answer by an ordinary mail client: Reply, encrypted to the asking Party."""
    officer = world.parties[asked]
    raw = world.wait_for(officer, f"Party/{asked}", lambda mails: _direct(mails, "query"))
    header = message_from_bytes(raw, policy=default)
    mail = ClientMail(
        recipient=str(header["Reply-To"]),
        subject=f"Re: {header['Subject']}",
        text=f"Found. {ANSWER}",
        in_reply_to=str(header["Message-ID"]),
    )
    send_with_client(officer, mail, port=world.ports.submission, authority=world.authority)
    world.tell(f"{asked} replies to {mail.recipient} with Emacs")
    world.wait_for(world.parties[asking], f"Party/{asking}", lambda mails: _direct(mails, "reply"))


def resolve_by_client(world: DemoWorld, asking: str) -> None:
    """An officer without any tool of ours asks whose UIDs these are: three Parties' and one that is nobody's."""
    officer = world.parties[asking]
    uids = [party.uid for party in world.parties.values()] + [UNKNOWN_UID]
    mail = ClientMail(recipient=f"resolve@{DOMAIN}", subject="Whose are these?", text="\n".join(uids))
    send_with_client(officer, mail, port=world.ports.submission, authority=world.authority)
    world.tell(f"{asking} asks {mail.recipient} with Emacs: the one mail in which the gateway can read UIDs, in memory")
    answer = world.open_answer(officer)
    text = answer.get_body(("plain",))
    if text is None:
        raise DemoError("the answer has no text")
    files = ", ".join(sorted(part.get_filename() or "" for part in answer.iter_attachments()))
    world.tell(f"The answer, signed by the gateway, in {asking}'s INBOX:\n{_indented(text.get_content())}")
    world.tell(f"    attached: {files}")


def refuse_in_the_clear(world: DemoWorld) -> None:
    """The officer forgot to encrypt; the client reports what the gateway answered."""
    mail = ClientMail(recipient=f"eu@{DOMAIN}", subject=SUBJECT, text=DIRECT_TEXT, secure=False)
    try:
        send_with_client(world.parties["KE"], mail, port=world.ports.submission, authority=world.authority)
    except MailClientError as refusal:
        world.tell(f"Refused, in the clear:            {_code(str(refusal))}")
    else:
        raise DemoError("a mail in the clear was not refused")


def refuse_wrong_party(world: DemoWorld) -> None:
    """Encrypted to the European Union, addressed to Pakistan."""
    kenya, union = world.parties["KE"], world.parties["EU"]
    octets = OfficerKeyring(kenya.gnupg).sign_and_encrypt(
        f"Content-Type: text/plain\r\n\r\n{DIRECT_TEXT}\r\n".encode("ascii"),
        signer=kenya.officer_fingerprint,
        recipients=[union.reading_fingerprint],
    )
    head = (
        f"From: {kenya.officer}\r\nTo: pk@{DOMAIN}\r\nSubject: ...\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n"
        "--b\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
    mail = head.encode("ascii") + enarmor(octets) + b"\r\n--b--\r\n"
    try:
        submit(
            mail,
            sender=kenya.officer,
            recipient=f"pk@{DOMAIN}",
            host="localhost",
            port=world.ports.submission,
            password=kenya.password,
            certificate_authority=world.authority,
        )
    except OfficerProblemError as refusal:
        world.tell(f"Refused, to the wrong Party:      {_code(str(refusal))}")
    else:
        raise DemoError("a mail to the wrong Party was not refused")


def refuse_stale_library(world: DemoWorld) -> None:
    """The officer's copy of the library is old; one encrypted notice tells which Party holds the pattern now."""
    kenya, union = world.parties["KE"], world.parties["EU"]
    form = new_query([kenya.uid.encode()], justification=JUSTIFICATION, purpose=Purpose.DETECTION)
    file = world.form_file(union, "stale", form)
    done = world.try_to_seal_and_send(union, file, "--library", str(world.stale_library))
    if done.returncode == 0:
        raise DemoError("a query by a stale library was not refused")
    world.tell(f"Refused, with a stale library:    {_code(done.stderr)}")
    world.wait_for(union, "INBOX", lambda mails: mails[-1] if mails else None)
    world.tell(f"and the officer, who reads French, gets one encrypted notice:\n{_indented(world.open_notice(union))}")


def _code(text: str) -> str:
    found = _CODES.search(text)
    return found.group(0).strip() if found else text.strip().splitlines()[-1]


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.rstrip().splitlines())


def _direct(mails: list[bytes], message_class: str) -> bytes | None:
    """The newest direct mail of a class: its seal says both."""
    for mail in reversed(mails):
        seal = str(message_from_bytes(mail.partition(b"\r\n\r\n")[0], policy=default)["GSP-Seal"])
        if f"c={message_class};" in seal and "m=direct;" in seal:
            return mail
    return None
