"""Enrolment by mail: invited, challenged, proved, approved; and what is refused on the way (KEY-01 to 04, 21, 22)."""

from datetime import UTC, datetime, timedelta

from .world import Account, World, attached, challenge_in, text_of


def test_an_officer_enrols_and_may_then_write(world: World) -> None:
    password, code = world.invite("wanja@customs.ke.test", "--party", "KE")
    person = world.person("wanja@customs.ke.test")
    wanja = Account(person, password)
    for recipient in ("query@gsp.test", "eu@gsp.test"):
        assert world.send(wanja, b"", recipient=recipient).startswith("550 5.7.1 this account may only write")
    queue_id = world.ask(wanja, world.request("enrol", Code=code), person.armored)
    enrolment, challenge = challenge_in(world.text(person, queue_id))
    own = "my own password"
    queue_id = world.ask(wanja, world.request("prove", Enrolment=enrolment, Challenge=challenge, Password=own))
    wanja.password = own
    assert person.fingerprint in world.text(person, queue_id).replace(" ", "")
    asked = world.notice(world.accounts["ana"].person, queue_id)
    assert person.fingerprint in text_of(asked).replace(" ", "")
    assert "wanja@customs.ke.test" in text_of(asked)
    assert list(attached(asked)) == [f"officer-{person.fingerprint[-16:]}.asc"]
    assert world.send(wanja, b"", recipient="query@gsp.test").startswith("550 5.7.1 this account may only write")
    text = world.request("approve", Enrolment=enrolment, Fingerprint=person.fingerprint)
    queue_id = world.ask(world.accounts["ana"], text)
    assert "admitted" in world.text(person, queue_id)
    assert "carried out" in world.text(world.accounts["ana"].person, queue_id)
    assert world.send(wanja, b"", recipient="query@gsp.test").startswith("550 5.6.0")  # at DATA: an empty mail


def test_administrators_of_a_region_are_asked_about_its_addresses_only(world: World) -> None:
    rosa, ana = world.accounts["rosa"].address, world.accounts["ana"].address
    coast, _ = world.proved("juma@coast.ke.test")
    asked = world.wait(lambda: world.rows("select mailbox from deliveries where mailbox = ?", rosa) or None)
    assert asked
    before = len(asked)
    world.proved("makena@customs.ke.test")
    world.wait(lambda: len(world.rows("select 1 from deliveries where mailbox = ?", ana)) > 1 or None)
    assert len(world.rows("select 1 from deliveries where mailbox = ?", rosa)) == before
    assert coast.address == "juma@coast.ke.test"


def test_a_wrong_code_is_refused_and_the_fifth_ends_the_invitation(world: World) -> None:
    password, code = world.invite("code@customs.ke.test", "--party", "KE")
    account = Account(world.person("code@customs.ke.test"), password)
    certificate = account.person.armored
    for _ in range(5):
        queue_id = world.ask(account, world.request("enrol", Code="aaaa-bbbb-cccc-dddd"), certificate)
        assert "code is wrong" in world.text(account.person, queue_id)
    queue_id = world.ask(account, world.request("enrol", Code=code), certificate)
    assert "no invitation is open" in world.text(account.person, queue_id)


def test_an_invitation_out_of_date_is_refused(world: World) -> None:
    password, code = world.invite("late@customs.ke.test", "--party", "KE")
    account = Account(world.person("late@customs.ke.test"), password)
    query = "update enrolments set expires_at = '2026-01-01 00:00:00' where officer = (select max(id) from officers)"
    world.write(query)
    queue_id = world.ask(account, world.request("enrol", Code=code), account.person.armored)
    assert "no invitation is open" in world.text(account.person, queue_id)


def test_the_door_tells_its_reason(world: World) -> None:
    """A certificate nothing can be encrypted to: the reason stands in a signed mail in the clear, and nothing else."""
    password, code = world.invite("door@customs.ke.test", "--party", "KE")
    sender = world.person("door@customs.ke.test", subkey="")
    message = world.mail(world.person("door@customs.ke.test"), world.request("enrol", Code=code), sender.armored)
    assert world.send(Account(sender, password), message).startswith("550 5.7.1 refused by policy")  # not its signature
    other = world.person("elsewhere@customs.ke.test")
    text = world.request("enrol", Code=code)
    queue_id = world.ask(Account(sender, password), text, other.armored, sender=sender.address, signer=other)
    mail = world.wait(lambda: world.queued(queue_id, sender.address))
    assert b"multipart/signed" in mail
    assert b"PGP MESSAGE" not in mail
    assert code.encode() not in mail


def test_possession_is_proved_by_the_challenge_for_this_account_within_a_day(world: World) -> None:
    account, enrolment, challenge = world.challenged("proof@customs.ke.test")
    other, others, theirs = world.challenged("other@customs.ke.test")

    def refused(text: str) -> str:
        return world.text(account.person, world.ask(account, text))

    # What is refused before it is proved is told to nobody by encryption: the answer is the clear sentence.
    def state() -> str:
        return str(world.rows("select state from enrolments where id = ?", enrolment)[0][0])

    password = "a password of mine"
    world.ask(account, world.request("prove", Enrolment=others, Challenge=theirs, Password=password))
    world.ask(account, world.request("prove", Enrolment=enrolment, Challenge=theirs, Password=password))
    world.ask(account, world.request("prove", Enrolment=enrolment, Challenge=challenge))  # the one-time password stays
    assert state() == "challenged"
    signed_by_other = world.mail(
        other.person,
        world.request("prove", Enrolment=enrolment, Challenge=challenge, Password=password),
        sender=account.address,
    )
    assert world.send(account, signed_by_other).startswith("550 5.7.1")
    long_ago = (datetime.now(UTC) - timedelta(hours=25)).strftime("%Y-%m-%d %H:%M:%S.000000")
    now = world.rows("select challenged_at from enrolments where id = ?", enrolment)[0][0]
    world.write("update enrolments set challenged_at = ? where id = ?", long_ago, enrolment)
    world.ask(account, world.request("prove", Enrolment=enrolment, Challenge=challenge, Password=password))
    assert state() == "challenged"
    world.write("update enrolments set challenged_at = ? where id = ?", now, enrolment)
    answer = world.request("prove", Enrolment=enrolment, Challenge=challenge, Password=password)
    world.ask(account, answer)
    assert state() == "proved"
    account.password = password
    world.ask(account, world.request("prove", Enrolment=enrolment, Challenge=challenge, Password=password))
    assert state() == "proved"


def test_approvals_by_others_are_refused(world: World) -> None:
    account, enrolment = world.proved("mwangi@customs.ke.test")
    fingerprint = account.person.fingerprint
    words = {"Enrolment": enrolment, "Fingerprint": fingerprint}

    def enrolled() -> bool:
        return bool(world.rows("select enrolled from officers where address = ?", account.address)[0][0])

    for name, reason in (("eva", "another Party"), ("rosa", "outside of your region"), ("otto", "administrators")):
        asking = world.accounts[name]
        assert reason in world.text(asking.person, world.ask(asking, world.request("approve", **words)))
    tried = world.rows("select party, subject from key_log where act = 'request-not-allowed' order by sequence")
    assert tried[-3:] == [("KE", world.accounts[name].person.fingerprint) for name in ("eva", "rosa", "otto")]
    # Forged: in the administrator's name, through the administrator's own login, with another key.
    ana, mallory = world.accounts["ana"], world.person("mallory@customs.ke.test")
    forged = world.mail(mallory, world.request("approve", **words), sender=ana.address)
    assert world.send(ana, forged).startswith("550 5.7.1 refused by policy")
    unsigned = world.mail(ana.person, world.request("approve", **words), sign=False)
    assert world.send(ana, unsigned).startswith("550 5.7.1 refused by policy")
    # The officer's own word; another fingerprint; only the end of it (KEY-29).
    assert world.send(account, world.mail(account.person, world.request("approve", **words))).startswith("550 5.7.1")
    wrong = world.request("approve", Enrolment=enrolment, Fingerprint="A" * 40)
    assert "fingerprint is not" in world.text(ana.person, world.ask(ana, wrong))
    short = world.mail(ana.person, world.request("approve", Enrolment=enrolment, Fingerprint=fingerprint[-16:]))
    assert world.send(ana, short).startswith("550 5.6.0")
    assert not enrolled()
    good = world.mail(ana.person, world.request("approve", **words))
    assert world.send(ana, good).startswith("250")
    assert enrolled()
    assert world.send(ana, good).startswith("550 5.7.1 refused by policy")  # replayed
    again = world.text(ana.person, world.ask(ana, world.request("approve", **words)))
    assert "waits for an approval" in again


def test_a_rejected_certificate_is_not_admitted(world: World) -> None:
    account, enrolment = world.proved("reject@customs.ke.test")
    ana = world.accounts["ana"]
    words = {"Enrolment": enrolment, "Fingerprint": account.person.fingerprint}
    queue_id = world.ask(ana, world.request("reject", **words))
    assert "was not approved" in world.text(account.person, queue_id)
    assert "waits for an approval" in world.text(ana.person, world.ask(ana, world.request("approve", **words)))
    assert world.send(account, b"", recipient="query@gsp.test").startswith("550 5.7.1 this account")


def test_a_second_key_while_the_first_is_valid_needs_the_first(world: World) -> None:
    """KEY-04: not with a stolen password, and not by a new invitation."""
    account = world.enrolled("second@customs.ke.test")
    thief = world.person("second@customs.ke.test")
    queue_id = world.ask(
        Account(thief, account.password), world.request("enrol", Code="aaaa-bbbb-cccc-dddd"), thief.armored
    )
    assert "replaced by a request signed with it" in world.text(account.person, queue_id)
    mail = world.mail(thief, world.request("replace"), thief.armored, sender=account.address)
    assert world.send(account, mail).startswith("550 5.7.1")
    said = world.gsp("officers", "invite", account.address, "--party", "KE", "--role", "query", check=False)
    assert "certificate in force" in said


def test_an_administrator_invites_by_mail(world: World) -> None:
    ana = world.accounts["ana"]
    text = world.text(
        ana.person, world.ask(ana, world.request("invite", Address="new@customs.ke.test", Roles="query, reply"))
    )
    words = text.split()
    password, code = words[words.index("mail:") + 1], words[words.index("`enrol`:") + 1]
    account = Account(world.person("new@customs.ke.test"), password)
    queue_id = world.ask(account, world.request("enrol", Code=code), account.person.armored)
    assert challenge_in(world.text(account.person, queue_id))
    assert password.encode() not in (world.gw / "gateway.db").read_bytes()
    eva = world.accounts["eva"]
    refused = world.request("invite", Address="spy@customs.ke.test", Roles="query")
    assert "refused" in world.text(eva.person, world.ask(eva, refused))
