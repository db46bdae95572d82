"""What is inside of the encrypted part when ordinary clients write to `resolve@`: the same entities as they make them.

{uids} stands for the lines typed. Line ends are LF here; Thunderbird writes CR LF, Emacs LF.
"""

EMACS = "Content-Type: text/plain\n\n{uids}\n"

EMACS_WITH_ATTACHMENT = (
    'Content-Type: multipart/mixed; boundary="=-=-="\n\n'
    "--=-=-=\nContent-Type: text/plain\n\nPlease see the form.\n\n"
    "--=-=-=\nContent-Type: application/xml\nContent-Disposition: attachment; filename=resolve.xml\n"
    "Content-Transfer-Encoding: base64\n\n{form}\n--=-=-=--\n"
)

NEOMUTT = (  # 20220429, as it wrote it: format=flowed, GS and the blank of the separator in quoted-printable
    "Content-Type: text/plain; protected-headers=v1; charset=us-ascii;\n\tformat=flowed\n"
    "Content-Disposition: inline\nContent-Transfer-Encoding: quoted-printable\n"
    "Subject: whose\nMIME-Version: 1.0\n\n{quoted}\n--=20\nAlice, Kenya Customs\n"
)

THUNDERBIRD = (
    'Content-Type: multipart/mixed; boundary="------------Pv0"; protected-headers="v1"\n'
    "Message-ID: <2b6@customs.ke.test>\nDate: Sat, 21 Nov 2026 10:00:00 +0300\nMIME-Version: 1.0\n"
    "User-Agent: Mozilla Thunderbird\nSubject: whose?\nFrom: Alice <alice@customs.ke.test>\nTo: resolve@gsp.test\n"
    "Autocrypt-Gossip: addr=resolve@gsp.test; keydata=\n xjMEZ\n\n"
    "--------------Pv0\n"
    'Content-Type: multipart/mixed; boundary="------------in0"\n\n'
    "--------------in0\n"
    'Content-Type: multipart/alternative; boundary="------------alt0"\n\n'
    "--------------alt0\n"
    "Content-Type: text/plain; charset=UTF-8; format=flowed\nContent-Transfer-Encoding: base64\n\n{base64}\n"
    "--------------alt0\n"
    "Content-Type: text/html; charset=UTF-8\nContent-Transfer-Encoding: 7bit\n\n"
    "<!DOCTYPE html><html><body><p>{uids}</p></body></html>\n\n"
    "--------------alt0--\n\n"
    "--------------in0\n"
    'Content-Type: application/pgp-keys; name="OpenPGP_0x1.asc"\n'
    'Content-Disposition: attachment; filename="OpenPGP_0x1.asc"\nContent-Description: OpenPGP public key\n'
    "Content-Transfer-Encoding: quoted-printable\n\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxjME\n"
    "-----END PGP PUBLIC KEY BLOCK-----\n\n"
    "--------------in0--\n\n--------------Pv0--\n"
)

LEGACY_DISPLAY = (
    'Content-Type: text/plain; charset="utf-8"; hp-legacy-display="1"; hp="cipher"\n'
    "Subject: whose?\nFrom: alice@customs.ke.test\nHP-Outer: Subject: [...]\n\n"
    "Subject: whose?\n\n{uids}\n"
)

ENIGMAIL = (
    'Content-Type: multipart/mixed; boundary="abc"; protected-headers="v1"\n\n'
    '--abc\nContent-Type: text/rfc822-headers; protected-headers="v1"\nContent-Disposition: inline\n\n'
    "Subject: whose?\n\n--abc\nContent-Type: text/plain; charset=us-ascii\n\n{uids}\n--abc--\n"
)

KMAIL_INNER = 'Content-Type: text/plain; charset="iso-8859-1"\nContent-Transfer-Encoding: 7bit\n\n{uids}\n'

OUTLOOK_HTML_ONLY = "Content-Type: text/html; charset=utf-8\n\n<html><body>{uids}</body></html>\n"
