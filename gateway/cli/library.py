"""`gsp library`: the life of the pattern library, from a Party's declaration to a signed version.

Exit codes: 0 done; 1 refused; 3 `review` or `rollback` found what stands against the proposal.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.context import Deployment, pass_deployment
from gateway.cli.library_desk import OpenDesk, library_errors, open_desk, review_lines
from gateway.cli.library_diff import diff
from gateway.cli.library_fetch import fetch
from gateway.cli.library_sign import sign
from gateway.library.archive import PENDING, REFUSED, approvals, declarations, one_at_a_time, versions
from gateway.library.desk import Reviewed
from gateway.library.files import replace_file
from gateway.library.problem import LibraryLifeError, Problem
from gateway.library.publishing import Places, adopt_library, approved_proposal, publish
from gateway.library.release import ReleaseKeys
from gateway.library.statements import Approval, Consent, Effect, write_approval, write_consent
from gateway.library_in_force import release_keys
from gateway.settings import Settings
from keyring_admin.database import write_transaction

EXIT_OBJECTION = 3
# A Party that tries to change what another one holds: not an error of writing, and worth remembering.
REACHES_FOR_ANOTHERS = frozenset({Problem.PATTERN_NOT_YOURS, Problem.OTHER_PARTY})
_READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
_WRITABLE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def library() -> None:
    """The life of the pattern library: declare, consent, review, approve, publish, sign, fetch.

    \b
    gsp library declare ke.asc                  a Party's signed form pattern-declaration
    gsp library review --statement approve.txt  what would change; the text a second person signs
    gsp library approve approve.txt.asc
    gsp library publish --request out/          what the two release keys sign, offline
    gsp library publish --signatures A.sig B.sig
    """


library.add_command(diff)
library.add_command(fetch)
library.add_command(sign)


@library.command()
@click.argument("file", type=_READABLE)
@click.option("--synthetic", is_flag=True, help="The formats are invented, for a pilot: labelled everywhere.")
@pass_deployment
def declare(deployment: Deployment, file: Path, *, synthetic: bool) -> None:
    """Register a Party's declaration: the form pattern-declaration, signed by `gpg --armor --sign`.

    The signer is an officer with the role `review` whose certificate is in the directory.
    """
    refusal: LibraryLifeError | None = None
    with open_desk(deployment) as at:
        octets = file.read_bytes()
        try:
            registered = at.desk.declare(octets, synthetic=synthetic)
        except LibraryLifeError as error:
            if error.problem not in REACHES_FOR_ANOTHERS:
                raise
            refusal = error
            at.desk.keep_refused(octets, synthetic=synthetic)
    if refusal is not None:
        raise click.ClickException(f"{refusal}. The declaration is kept: `gsp library log` shows it.")
    click.echo(f"{registered.party} declared, SHA-256 {registered.sha256}:")
    for one in registered.patterns:
        click.echo(f"  {one.change:8} {one.id}")
    click.echo("Pending. `gsp library review` shows what would change.")


@library.command()
@click.argument("sha256")
@pass_deployment
def withdraw(deployment: Deployment, sha256: str) -> None:
    """Take the pending declaration with this SHA-256 off the desk."""
    with open_desk(deployment) as at:
        at.desk.withdraw(sha256)
    click.echo("Withdrawn.")


@library.command()
@click.argument("file", type=_READABLE, required=False)
@click.option("--statement", type=_WRITABLE, help="Write the text to sign into this file instead.")
@click.option("--party", default="", help="With --statement: the Party that consents.")
@click.option("--pattern", "pattern_id", default="", help="With --statement: its own pattern.")
@click.option("--other", "other_id", default="", help="With --statement: the other Party's pattern.")
@click.option(
    "--effect",
    type=click.Choice([effect.value for effect in Effect]),
    default=Effect.SHARED.value,
    show_default=True,
    help="With --statement: shared, both match and a human chooses; stands-back, the own pattern yields.",
)
@pass_deployment
def consent(
    deployment: Deployment,
    file: Path | None,
    *,
    statement: Path | None,
    party: str,
    pattern_id: str,
    other_id: str,
    effect: str,
) -> None:
    """Register a Party's signed consent FILE, or write the statement to be signed.

    \b
    gsp library consent --statement c.txt --party EU --pattern eu-qcall-i --other ke-x --effect stands-back
    gpg --armor --sign c.txt                      an officer of that Party, role `review`
    gsp library consent c.txt.asc
    """
    if (file is None) == (statement is None):
        raise click.UsageError("give either the signed FILE or --statement")
    with open_desk(deployment) as at:
        if statement is not None:
            draft = at.desk.draft_consent(Consent(party, pattern_id, other_id, "", Effect(effect)))
            replace_file(statement, write_consent(draft))
            click.echo(f"To sign: gpg --armor --sign {statement}")
        elif file is not None:
            given = at.desk.consent(file.read_bytes())
            click.echo(f"{given.party} consents: {given.pattern_id} and {given.other_id}, {given.effect.value}")


@library.command()
@click.option("--statement", type=_WRITABLE, help="Write the approval for a second person to sign into this file.")
@click.option("--output", type=_WRITABLE, help="Write the proposed library into this file.")
@pass_deployment
def review(deployment: Deployment, *, statement: Path | None, output: Path | None) -> None:
    """Make the next version of everything pending, and show what would change and what stands against it."""
    with open_desk(deployment) as at:
        reviewed = at.desk.review()
        _tell_review(at, reviewed, statement)
        if output is not None:
            replace_file(output, reviewed.proposal.octets)
    sys.exit(0 if reviewed.publishable else EXIT_OBJECTION)


@library.command()
@click.argument("number", type=click.IntRange(min=1))
@click.option("--statement", type=_WRITABLE, help="Write the approval for two people to sign into this file.")
@pass_deployment
def rollback(deployment: Deployment, number: int, *, statement: Path | None) -> None:
    """Propose a new version with the content of version NUMBER; two people must approve it."""
    with open_desk(deployment) as at:
        reviewed = at.desk.roll_back(number)
        _tell_review(at, reviewed, statement)
    sys.exit(0 if reviewed.publishable else EXIT_OBJECTION)


@library.command()
@click.argument("file", type=_READABLE)
@pass_deployment
def approve(deployment: Deployment, file: Path) -> None:
    """Register the signed approval FILE of a person who neither declared nor consented here."""
    with open_desk(deployment) as at:
        proposal = at.desk.approve(file.read_bytes())
        missing = at.desk.approvals_missing(proposal)
    click.echo(f"Version {proposal.number} approved; approvals still needed: {missing}")


@library.command("publish")
@click.option("--request", type=click.Path(file_okay=False, path_type=Path), help="Write what is to be signed here.")
@click.option("--signatures", type=_READABLE, nargs=2, help="Two detached signatures: put it in force.")
@pass_deployment
def publish_command(deployment: Deployment, *, request: Path | None, signatures: tuple[Path, Path] | None) -> None:
    """Publish the approved proposal: request out, two signatures in.

    \b
    gsp library publish --request out/
    gpg --local-user RELEASE-KEY --detach-sign out/library-2.toml      each holder, offline
    gsp library publish --signatures one.sig two.sig
    """
    if (request is None) == (signatures is None):
        raise click.UsageError("give either --request or --signatures")
    with open_desk(deployment) as at:
        if request is not None:
            _write_request(at, request)
        elif signatures is not None:
            _put_in_force(at, signatures)


@library.command()
@click.argument("signatures", type=_READABLE, nargs=2)
@pass_deployment
def adopt(deployment: Deployment, signatures: tuple[Path, Path]) -> None:
    """Start with release keys: the unsigned library in force, signed by two of them, becomes the first signed one.

    \b
    gpg --local-user RELEASE-KEY --detach-sign library.toml      each holder, offline
    gsp library adopt one.sig two.sig
    """
    settings = deployment.settings
    with library_errors(), write_transaction(deployment.engine()) as connection:
        one_at_a_time(connection)
        version = adopt_library(
            connection,
            signature_files=[file.read_bytes() for file in signatures],
            keys=_release_keys(settings),
            places=_places(settings),
            now=datetime.now(UTC),
        )
    click.echo(f"Version {version.number} is signed and in force, SHA-256 {version.sha256}")


@library.command()
@pass_deployment
def log(deployment: Deployment) -> None:
    """List all versions, the newest last: hashes, dates, who declared and who approved."""
    with open_desk(deployment) as at:
        held = declarations(at.connection)
        for version in versions(at.connection):
            origin = f"content of {version.rollback_of}" if version.rollback_of is not None else "declarations"
            click.echo(f"{version.number:5}  {version.sha256}  issued {version.issued}, expires {version.expires}")
            click.echo(f"       follows {version.predecessor or 'nothing'}; {origin}; in force {version.published_at}")
            for one in held:
                if one.version == version.number:
                    click.echo(f"       declared by {one.party} {_who(at, one.certificate, one.party)}")
            for approval in approvals(at.connection, version.sha256):
                click.echo(f"       approved by {_who(at, approval.certificate, approval.party)}")
        for one in held:
            if one.state == PENDING:
                click.echo(f"pending  declaration {one.sha256} of {one.party}")
        for one in declarations(at.connection, state=REFUSED):
            who = _who(at, one.certificate, one.party)
            click.echo(f"refused  declaration {one.sha256} of {one.party}, signed {one.signed_at} by {who}")


def _tell_review(at: OpenDesk, reviewed: Reviewed, statement: Path | None) -> None:
    for line in review_lines(reviewed, at.desk.approvals_missing(reviewed.proposal)):
        click.echo(line)
    if statement is not None:
        approval = Approval(number=reviewed.library.version, library_sha256=reviewed.library.sha256)
        replace_file(statement, write_approval(approval))
        click.echo(f"To approve: gpg --armor --sign {statement}")


def _write_request(at: OpenDesk, folder: Path) -> None:
    proposal = approved_proposal(at.desk)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"library-{proposal.number}.toml"
    lines = review_lines(at.desk.reviewed(proposal), 0)
    lines += [
        f"approved by {_who(at, one.certificate, one.party)}" for one in approvals(at.connection, proposal.sha256)
    ]
    replace_file(file, proposal.octets)
    replace_file(file.with_suffix(".txt"), ("\n".join(lines) + "\n").encode("utf-8"))
    click.echo(f"To sign, by each of two release keys: gpg --local-user FINGERPRINT --detach-sign {file}")
    click.echo(f"SHA-256 {proposal.sha256}; what changes stands in {file.with_suffix('.txt')}")


def _put_in_force(at: OpenDesk, signatures: tuple[Path, Path]) -> None:
    version = publish(
        at.connection,
        at.desk,
        signature_files=[file.read_bytes() for file in signatures],
        keys=_release_keys(at.settings),
        places=_places(at.settings),
        before=at.octets,
        now=at.now,
    )
    click.echo(f"Version {version.number} is in force, SHA-256 {version.sha256}")


def _release_keys(settings: Settings) -> ReleaseKeys:
    keys = release_keys(settings)
    if keys is None:
        raise LibraryLifeError(Problem.NO_RELEASE_KEYS)
    return keys


def _places(settings: Settings) -> Places:
    return Places(settings.path(settings.library.file), settings.path(settings.library.public))


def _who(at: OpenDesk, certificate: str, party: str) -> str:
    addresses = ", ".join(sorted(mark for mark in at.people.by_certificate(certificate, party).marks if "@" in mark))
    return f"{addresses or 'unknown'} ({party or 'Secretariat'}), certificate {certificate}"
