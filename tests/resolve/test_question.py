"""Which UIDs a mail asks about, whatever client wrote it."""

import base64
import quopri
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forms.entries import Entry, compose
from forms.pack import core_shelf
from forms.uids import encode_uid
from gateway.resolve import mail_parts
from gateway.resolve.not_a_question import NotAQuestionError
from gateway.resolve.question import UIDS_MAXIMUM, uids_asked

from . import client_mails

UNION = b"QCALLa7K2m9XqZB4c124051914"
KENYA = b"KE24T00012345674"
SEPARATED = b"010123456798765123551qIgY)<&Jp3*j7SDB\x1d800824052008"
UIDS = (UNION, KENYA, SEPARATED)


def form(*uids: bytes) -> bytes:
    entries = [Entry(f"uid[{number}]", encode_uid(uid)) for number, uid in enumerate(uids, 1)]
    return compose(core_shelf().pack("uid-resolve", "1"), "en", entries).canonical


def mail(template: str, uids: tuple[bytes, ...] = UIDS, *, end: bytes = b"\n") -> bytes:
    lines = b"\n".join(uids) + b"\n"
    text = template.replace("{uids}", lines.decode()).replace("{base64}", base64.encodebytes(lines).decode())
    text = text.replace("{quoted}", quopri.encodestring(lines, quotetabs=True).decode())
    return text.replace("{form}", base64.encodebytes(form(*uids)).decode()).encode().replace(b"\n", end)


def plain(text: str, parameters: str = "; charset=utf-8") -> bytes:
    return f"Content-Type: text/plain{parameters}\n\n{text}".encode()


def refused(octets: bytes, *, mime: bool = True) -> bool:
    try:
        uids_asked(octets, mime=mime)
    except NotAQuestionError:
        return True
    return False


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(
    "client",
    ["EMACS", "EMACS_WITH_ATTACHMENT", "NEOMUTT", "THUNDERBIRD", "LEGACY_DISPLAY", "ENIGMAIL", "KMAIL_INNER"],
)
def test_the_uids_that_an_ordinary_client_sends(client: str, end: bytes) -> None:
    assert uids_asked(mail(getattr(client_mails, client), end=end), mime=True) == UIDS


def test_html_is_passed_over_beside_a_text_and_never_read_instead_of_one() -> None:
    beside = mail(client_mails.THUNDERBIRD).replace(b"<p>" + UNION, b"<p>ANOTHER-UID")
    assert uids_asked(beside, mime=True) == UIDS
    assert refused(mail(client_mails.OUTLOOK_HTML_ONLY))


class TestLines:
    def test_gs_ends_no_line(self) -> None:
        assert uids_asked(plain("AB\x1dCD\n"), mime=True) == (b"AB\x1dCD",)

    def test_empty_lines_and_blanks_at_the_ends_belong_to_the_mail(self) -> None:
        assert uids_asked(plain("\n  AB\t\n \n\nC D \n"), mime=True) == (b"AB", b"C D")

    def test_a_signature_and_what_follows_it_is_not_asked_about(self) -> None:
        for separator in ("-- ", "--"):
            assert uids_asked(plain(f"AB\n{separator}\nAlice\n"), mime=True) == (b"AB",)
        assert uids_asked(plain("AB\n--CD\n"), mime=True) == (b"AB", b"--CD")

    def test_a_uid_named_twice_is_asked_about_once_in_its_first_place(self) -> None:
        assert uids_asked(plain("AB\nCD\nAB\n"), mime=True) == (b"AB", b"CD")

    def test_nothing_is_folded_or_repaired(self) -> None:
        assert uids_asked(plain("ab\nAB\nО0\n"), mime=True) == (b"ab", b"AB", "О0".encode())

    def test_a_byte_order_mark_is_not_part_of_a_uid(self) -> None:
        assert uids_asked(plain("\ufeffAB\n"), mime=True) == (b"AB",)

    def test_other_charsets_become_utf_8(self) -> None:
        octets = "Content-Type: text/plain; charset=koi8-r\n\nАB\n".encode("koi8-r")
        assert uids_asked(octets, mime=True) == ("АB".encode(),)

    def test_quoted_lines_are_kept_where_a_uid_may_begin_so(self) -> None:
        assert uids_asked(plain(">AB\n"), mime=True) == (b">AB",)


class TestFlowed:
    FLOWED = "; charset=utf-8; format=flowed"

    def test_a_line_that_ends_with_a_blank_goes_on_in_the_next(self) -> None:
        assert uids_asked(plain("(01) 0123 \n(21) AB\nCD\n", self.FLOWED), mime=True) == (b"(01) 0123 (21) AB", b"CD")

    def test_delsp(self) -> None:
        assert uids_asked(plain("(01)0123 \n(21)AB\n", self.FLOWED + "; delsp=yes"), mime=True) == (b"(01)0123(21)AB",)

    def test_stuffing_is_undone_and_quotes_are_dropped(self) -> None:
        assert uids_asked(plain(" >AB\n> CD\n>EF\nGH\n", self.FLOWED), mime=True) == (b">AB", b"GH")

    def test_a_signature_ends_a_paragraph_too(self) -> None:
        assert uids_asked(plain("AB \n-- \nAlice \nKenya\n", self.FLOWED), mime=True) == (b"AB",)


class TestForms:
    def test_a_form_counts_alone_whatever_is_written_beside_it(self) -> None:
        octets = mail(client_mails.EMACS_WITH_ATTACHMENT).replace(b"Please see the form.", b"QCALLsomething")
        assert uids_asked(octets, mime=True) == UIDS

    def test_a_form_in_the_text_itself(self) -> None:
        assert uids_asked(plain(form(*UIDS).decode()), mime=True) == UIDS
        assert uids_asked(form(*UIDS), mime=False) == UIDS

    def test_blanks_at_the_ends_survive_in_a_form(self) -> None:
        assert uids_asked(form(b" AB "), mime=False) == (b" AB ",)

    def test_other_forms_several_forms_and_broken_ones_are_refused(self) -> None:
        whole = mail(client_mails.EMACS_WITH_ATTACHMENT)
        part = whole[whole.index(b"--=-=-=\nContent-Type: application/xml") : whole.index(b"--=-=-=--")]
        assert refused(whole.replace(part, part + part))
        other = (core_shelf().pack("uid-query", "1").folder / "examples" / "valid" / "minimal.xml").read_bytes()
        assert refused(other, mime=False)
        assert refused(form(*UIDS)[:-3], mime=False)

    def test_hostile_xml_is_refused(self) -> None:
        laughs = b'<?xml version="1.0"?><!DOCTYPE f [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><form>&b;</form>'
        assert refused(laughs, mime=False)
        assert refused(b"<form>" * 20_000, mime=False)


class TestCaps:
    def test_fifty_uids_and_not_one_more(self) -> None:
        uids = tuple(b"UID%d" % number for number in range(UIDS_MAXIMUM))
        assert uids_asked(plain(b"\n".join(uids).decode()), mime=True) == uids
        assert refused(plain(b"\n".join((*uids, b"ONE-MORE")).decode()))
        assert uids_asked(form(*uids), mime=False) == uids
        assert refused(form(*uids, b"ONE-MORE"), mime=False)

    def test_128_octets_and_not_one_more(self) -> None:
        assert uids_asked(plain("A" * 128), mime=True) == (b"A" * 128,)
        assert refused(plain("A" * 129))
        assert refused(plain("é" * 65))

    def test_nothing_is_no_question(self) -> None:
        for octets in (b"", b"\n\n", plain(""), plain(" \n-- \nAlice\n")):
            assert refused(octets)
        assert refused(b"\n", mime=False)


class TestWhatIsNotAnswered:
    """Positive control: the same mail without the offending part is answered."""

    def with_part(self, part: str) -> bytes:
        text = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nAB\n"
        return (text + (f"--b\n{part}\n" if part else "") + "--b--\n").encode()

    def test_a_mail_of_parts_is_read(self) -> None:
        assert uids_asked(self.with_part(""), mime=True) == (b"AB",)
        assert uids_asked(self.with_part("Content-Type: text/plain\n\nCD"), mime=True) == (b"AB", b"CD")

    @pytest.mark.parametrize(
        "part",
        [
            "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBO",
            "Content-Type: application/octet-stream\n\nCD",
            "Content-Type: message/rfc822\n\nSubject: x\n\nCD",
            "Content-Type: multipart/encrypted; boundary=c\n\n--c--",
            "Content-Type: text/csv\n\nCD",
            "Content-Type: text/plain; charset=utf-7\n\nCD",
            "Content-Type: text/plain; charset=utf-16\n\nCD",
            "Content-Type: text/plain; charset=us-ascii\n\nÖ",
            "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nQU=I",
            "Content-Type: text/plain\nContent-Transfer-Encoding: uuencode\n\nCD",
            "Content-Type: text/plain\nContent-Type: text/html\n\nCD",
            "Content-Type: text/plain; name=a; name=b\n\nCD",
        ],
    )
    def test_a_part_that_would_go_unanswered_makes_the_mail_no_question(self, part: str) -> None:
        assert refused(self.with_part(part))

    def test_nesting_unclosed_parts_and_many_parts(self) -> None:
        assert refused(self.with_part("").replace(b"--b--\n", b""))
        nested = "Content-Type: text/plain\n\nAB"
        for depth in range(8):
            nested = f"Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n{nested}\n--b{depth}--"
        assert refused(nested.encode())
        parts = "".join("--b\nContent-Type: text/plain\n\n\n" for _ in range(40))
        assert refused(f"Content-Type: multipart/mixed; boundary=b\n\n{parts}--b--\n".encode())

    def test_bare_carriage_returns_and_nul(self) -> None:
        assert refused(plain("A\rB"))
        assert refused(plain("A\0B"))


@given(st.binary(max_size=400), st.booleans())
@example(b"Content-Type: multipart/mixed; boundary=b\n\n--b", True)
def test_no_octets_do_anything_else_than_ask_or_be_refused(octets: bytes, mime: bool) -> None:
    with suppress(NotAQuestionError):
        assert 1 <= len(uids_asked(octets, mime=mime)) <= UIDS_MAXIMUM


def test_nothing_that_was_read_shows_in_a_repr() -> None:
    parts = mail_parts.parts_of_mail(mail(client_mails.EMACS))
    assert parts.texts
    assert "QCALL" not in repr(parts)
