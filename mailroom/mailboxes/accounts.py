"""The accounts of the mailbox server: the directory's own tables, asked by Dovecot's SQL driver.

Contract: only active officers of active Parties in membership exist; a Party's mailbox exists while the Party is a
member, and has no password. The queries are built from the tables' definitions, so that a renamed column breaks
here and not at a login.
"""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
)

from keyring_admin.officers import OfficerKind
from keyring_admin.schema import officers, parties
from mailroom.mailboxes.database_words import database_words
from mailroom.mailboxes.settings import MailboxSettings

# Dovecot expands and escapes its variables in the query's text: the whole address in lower case, and a hash that names
# the officer's folder without showing the name, and never means anybody else. Each stands in a query once.
_ASKED = select(
    literal_column("'%Lu'", String).label("address"),
    literal_column("'%{sha256:user}'", String).label("hash"),
).subquery("asked")
# While PostgreSQL is away Dovecot (Debian's 2.3.19.1) escapes every value to nothing and asks all the same. "No such
# officer" would be final; a division by zero makes it what it is, a fault of the database.
_ESCAPED = and_(
    literal_column("1") / func.length(_ASKED.c.address) >= 0, literal_column("64") / func.length(_ASKED.c.hash) == 1
)


@dataclass(frozen=True, slots=True)
class AccountQueries:
    """What Dovecot asks the database. driver, connect: as in dovecot-sql.conf.ext; connect may hold a password."""

    driver: str
    connect: str = field(repr=False)
    password: str
    machine: str
    officer: str
    party: str
    all_officers: str
    all_parties: str


def account_queries(settings: MailboxSettings) -> AccountQueries:
    """The queries for the database named in the settings. Raises MailboxServerError if Dovecot can't use it."""
    words = database_words(settings.database_url)

    def text(query: ClauseElement) -> str:
        compiled = query.compile(dialect=words.dialect, compile_kwargs={"literal_binds": True})
        return " ".join(str(compiled).split())

    member = _member_on(words.today)
    admitted = and_(
        officers.c.party == parties.c.code,
        officers.c.active,
        member,
        # Were an officer admitted under a Party's own address, the login would own the Party's mailbox.
        ~officers.c.address.like(f"%%@{settings.gateway_domain}"),
    )
    this_officer = and_(admitted, officers.c.address == _ASKED.c.address, _ESCAPED)
    mailbox = func.lower(parties.c.code) + f"@{settings.gateway_domain}"
    this_party = and_(member, mailbox == _ASKED.c.address, _ESCAPED)
    return AccountQueries(
        driver=words.driver,
        connect=words.connect,
        password=text(select((literal("{ARGON2ID}") + officers.c.password_hash).label("password")).where(this_officer)),
        machine=text(_machine_login().where(admitted, _ESCAPED)),
        officer=text(_officer_folders(settings).where(this_officer)),
        party=text(_party_mailbox(settings).where(this_party)),
        all_officers=text(select(officers.c.address.label("user")).where(admitted)),
        all_parties=text(select(mailbox.label("user")).where(member)),
    )


def _machine_login() -> Select[*tuple[str, ...]]:
    """Who logs in with a TLS client certificate: Dovecot asks for the name in it, the SHA-256 of its public key.

    Dovecot has verified the certificate and takes the address from here; there is no password (`nopassword`).
    """
    named = func.lower(officers.c.tls_certificate) == _ASKED.c.address
    by_key = and_(officers.c.kind == OfficerKind.MACHINE.value, named)
    columns = (officers.c.address.label("user"), null().label("password"), literal("y").label("nopassword"))
    return select(*columns).where(by_key)


def _member_on(today: ColumnElement[date]) -> ColumnElement[bool]:
    """The same rule as `keyring_admin.parties.Party.member_on`."""
    return and_(
        parties.c.active,
        parties.c.member_from <= today,
        or_(parties.c.member_until.is_(None), parties.c.member_until > today),
    )


def _party_folder(settings: MailboxSettings) -> ColumnElement[str]:
    return literal(f"{settings.data_folder}/parties/") + func.lower(parties.c.code)


def _party_mailbox(settings: MailboxSettings) -> Select[*tuple[str, ...]]:
    """Where a delivery to a Party goes: its INBOX is the folder officers see under the Party's code.

    The listing of this view is kept apart from the officers' (LISTINDEX), which does not know an INBOX.
    """
    home = _party_folder(settings)
    inbox = home + "/mdbox/mailboxes/" + parties.c.code + "/dbox-Mails"
    location = "mdbox:" + home + "/mdbox:LISTINDEX=delivery.list.index:INBOX=" + inbox
    return select(home.label("home"), location.label("mail"))


def _officer_folders(settings: MailboxSettings) -> Select[*tuple[str, ...]]:
    """An officer's own folder and, with a role, the Party's. A column that is NULL leaves the default: no Party."""
    # Whoever is not enrolled yet reads the own INBOX and nothing else.
    has_role = and_(officers.c.enrolled, or_(officers.c.can_query, officers.c.can_reply, officers.c.can_review))
    reviews = and_(officers.c.enrolled, officers.c.can_review)
    own = literal(f"{settings.data_folder}/officers/") + func.lower(parties.c.code) + "/" + _ASKED.c.hash
    return select(
        own.label("home"),
        case((has_role, "no"), else_=null()).label("namespace/party/disabled"),
        case((has_role, "mdbox:" + _party_folder(settings) + "/mdbox"), else_=null()).label("namespace/party/location"),
        case((has_role, parties.c.code), else_=null()).label("namespace/party/mailbox/party/name"),
        case((reviews, "reviewer"), (has_role, "reader"), else_=null()).label("acl_groups"),
    )
