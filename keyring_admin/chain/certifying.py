"""Certifying with a key in a GnuPG home, on the Secretariat's offline machine or an administrator's own computer.

GnuPG signs, so the key may be on a smartcard and may ask for its PIN or passphrase. No signature is made that the
request does not name: one User ID, and for an administrator one trust signature of depth 1 for each mail domain.
"""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gnupg

from keyring_admin.chain.requests import CertificationRequest, RequestKind
from keyring_admin.directory_error import DirectoryError
from keyring_admin.gnupg_writer import keyring_locked

_TIMEOUT_SECONDS = 300  # a person types a PIN
_STATUS = "[GNUPG:] "


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature to make. domain: of a trust signature; None for a plain certification."""

    user_id: str
    domain: str | None


def signatures_for(request: CertificationRequest, certifier: str) -> tuple[Signature, ...]:
    """What would be signed. certifier: full fingerprint. Raises DirectoryError if it is not this key's to certify."""
    if certifier not in request.certifiers:
        raise DirectoryError("the request is for other certifiers; compare the fingerprints in it with your own")
    if request.kind is not RequestKind.ADMINISTRATOR:
        return (Signature(request.user_id, None),)
    if not request.domains:
        raise DirectoryError("the request for an administrator names no mail domain")
    return tuple(Signature(request.user_id, domain) for domain in request.domains)


def certify(home: Path, certifier: str, request: CertificationRequest, *, expire: str) -> bytes:
    """Make the signatures and return the certified certificate, armored.

    home: the GnuPG home that has the certifier's secret key or its card. expire: as GnuPG takes it, such as `2y`.
    Raises DirectoryError.
    """
    wanted = signatures_for(request, certifier)
    with keyring_locked(home):
        keyring = gnupg.GPG(gnupghome=str(home), options=["--no-auto-key-locate"])
        keyring.import_keys(request.octets)
        listed = {key["fingerprint"]: key for key in keyring.list_keys(keys=request.fingerprint)}
        if request.fingerprint not in listed:
            raise DirectoryError("GnuPG did not take the certificate of the request")
        for signature in wanted:
            digest = _user_id_digest(home, request.fingerprint, signature.user_id)
            _sign(home, certifier, request.fingerprint, digest, domain=signature.domain, expire=expire)
        exported = str(keyring.export_keys(request.fingerprint))
    if not exported:
        raise DirectoryError("GnuPG did not export the certified certificate")
    return exported.encode("ascii")


def _user_id_digest(home: Path, fingerprint: str, user_id: str) -> str:
    """GnuPG's name for a User ID (doc/DETAILS, field 8): numbers depend on the order in a keyring."""
    command = ["gpg", "--homedir", str(home), "--batch", "--with-colons", "--list-keys", fingerprint]
    listed = subprocess.run(command, capture_output=True, check=False, timeout=60)
    for line in listed.stdout.decode("utf-8", errors="replace").splitlines():
        fields = line.split(":")
        if fields[0] == "uid" and fields[9].replace("\\x3a", ":").replace("\\x5c", "\\") == user_id:
            return fields[7]
    raise DirectoryError("GnuPG does not show the User ID of the request")


def _sign(home: Path, certifier: str, fingerprint: str, digest: str, *, domain: str | None, expire: str) -> None:
    """Drive `gpg --edit-key` by its own prompts; a prompt that is not expected ends it without a signature."""
    steps = iter([f"uid {digest}", "tsign" if domain is not None else "sign", "save"])
    answers: dict[str, Callable[[], str]] = {
        "keyedit.prompt": lambda: next(steps, "quit"),
        "trustsig_prompt.trust_value": lambda: "2",  # fully
        "trustsig_prompt.trust_depth": lambda: "1",
        "trustsig_prompt.trust_regexp": lambda: domain or "",
        "sign_uid.okay": lambda: "y",
    }
    command = ["gpg", "--homedir", str(home), "--no-auto-key-locate", "--trust-model", "always", "--no-tty"]
    command += ["--command-fd", "0", "--status-fd", "1", "--force-sign-key", "--default-cert-expire", expire]
    command += ["--no-ask-cert-level", "--no-ask-cert-expire", "--cert-digest-algo", "SHA512"]
    command += ["--local-user", certifier, "--edit-key", fingerprint]
    before = _count(home, fingerprint)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as gpg:
        if gpg.stdin is None or gpg.stdout is None:
            raise DirectoryError("gpg could not be run: is the package gnupg installed?")
        for line in gpg.stdout:
            word, _, prompt = line.removeprefix(_STATUS).strip().partition(" ")
            if not line.startswith(_STATUS) or not word.startswith("GET_"):
                continue
            answer = answers.get(prompt)
            if answer is None:
                gpg.kill()
                raise DirectoryError(
                    "GnuPG asked something unexpected: certify by hand, with the commands in the request"
                )
            gpg.stdin.write(answer() + "\n")
            gpg.stdin.flush()
        gpg.wait(timeout=_TIMEOUT_SECONDS)
    if _count(home, fingerprint) != before + 1:
        raise DirectoryError("GnuPG made no signature: is the certifier's secret key, or its card, in this GnuPG home?")


def _count(home: Path, fingerprint: str) -> int:
    """How many signatures the certificate has in this home."""
    command = ["gpg", "--homedir", str(home), "--batch", "--with-colons", "--list-sigs", fingerprint]
    listed = subprocess.run(command, capture_output=True, check=False, timeout=60)
    return listed.stdout.count(b"\nsig:")
