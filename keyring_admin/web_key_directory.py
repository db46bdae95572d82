"""Names and contents of a Web Key Directory (draft-koch-openpgp-webkey-service §3.1)."""

import hashlib
import subprocess
import tempfile

from keyring_admin.addresses import domain_of

WELL_KNOWN = ".well-known/openpgpkey"
POLICY = "policy"
_ZBASE32 = "ybndrfg8ejkmcpqxot1uwisza345h769"  # RFC 6189 §5.1.6
_SECONDS = 20


class WebKeyError(RuntimeError):
    """GnuPG could not cut a certificate to one address. The text is constant."""


def hashed_local_part(local_part: str) -> str:
    """The name under which a certificate is found: z-base-32 of the SHA-1 of the local part in lower case."""
    digest = hashlib.sha1(local_part.lower().encode(), usedforsecurity=False).digest()
    bits = int.from_bytes(digest, "big")
    return "".join(_ZBASE32[bits >> shift & 31] for shift in range(155, -1, -5))  # 160 bits: 32 letters


def certificate_path(address: str, *, advanced: bool) -> str:
    """Path below the root of the web server. advanced: on the host `openpgpkey.DOMAIN`, else on the domain itself."""
    local_part, domain = address.rpartition("@")[0], domain_of(address)
    middle = f"{domain}/" if advanced else ""
    return f"{WELL_KNOWN}/{middle}hu/{hashed_local_part(local_part)}"


def policy_path(domain: str, *, advanced: bool) -> str:
    """Path of the policy file, which has to be there and may be empty (§4.5)."""
    return f"{WELL_KNOWN}/{domain}/{POLICY}" if advanced else f"{WELL_KNOWN}/{POLICY}"


def certificate_for(octets: bytes, address: str) -> bytes:
    """The binary certificate with the User IDs of this address only, its certifications with them (§3.1).

    octets: a certificate that was examined; address: canonical. Raises WebKeyError.
    """
    with tempfile.TemporaryDirectory(prefix="gsp-", ignore_cleanup_errors=True) as home:
        command = ["gpg", "--homedir", home, "--no-options", "--batch", "--quiet", "--no-auto-key-locate"]
        command += ["--no-auto-check-trustdb", "--trust-model", "always"]
        command += ["--import-options", "import-export", "--import-filter", f"keep-uid=mbox = {address}", "--import"]
        try:
            done = subprocess.run(command, input=octets, capture_output=True, check=False, timeout=_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            raise WebKeyError("gpg could not be run: is the package gnupg installed?") from None
    if done.returncode != 0 or not done.stdout:
        raise WebKeyError("gpg did not cut a certificate to one address")
    return done.stdout
