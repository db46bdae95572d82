"""What happens on a disk that is full. test_disk_full.py makes the disk and runs this."""

import errno
import os
from collections import Counter
from io import FileIO
from pathlib import Path

import pytest

from .running_world import ReliabilityWorld, running_world
from .sealed_mails import MailMaker, PreparedMail

_DISK = Path(os.environ["GSP_SMALL_DISK"])
_MOST_MAILS = 300


def test_452_then_nothing_is_lost_and_it_goes_on_by_itself() -> None:
    assert os.path.ismount(_DISK)
    with running_world(_DISK) as world:
        maker = MailMaker(world, "KE", "EU")
        accepted = [send(world, maker, expected="250 2.6.0")]
        world.settle()
        filler = fill(_DISK)
        replies: Counter[str] = Counter()
        while not replies["452 4.3.1"]:
            mail = maker.sealed()
            reply = world.send("KE", mail.recipient, mail.octets)[:9]
            replies[reply] += 1
            if reply == "250 2.6.0":  # the write-ahead log had room left
                accepted.append(mail)
            assert replies.total() < _MOST_MAILS, replies
        refused = send(world, maker, expected="452 4.3.1")
        filler.unlink()
        accepted += [again(world, refused), send(world, maker, expected="250 2.6.0")]
        world.settle(90)
        arrivals = world.arrivals("EU")
        print(f"replies on the full disk: {dict(replies)}; {len(accepted)} accepted, {len(arrivals)} arrived")
        assert set(replies) <= {"250 2.6.0", "451 4.3.0", "452 4.3.1"}
        assert [len(arrivals.get(mail.body_sha256, [])) for mail in accepted] == [1] * len(accepted)
        assert len(arrivals) == len(accepted)


def fill(disk: Path) -> Path:
    """Take all the space there is."""
    file = disk / "filler"
    with file.open("wb", buffering=0) as stream:
        for size in (1 << 20, 4096, 512):
            with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
                write_for_ever(stream, size)
    return file


def write_for_ever(stream: FileIO, size: int) -> None:
    while stream.write(b"\0" * size):
        continue


def send(world: ReliabilityWorld, maker: MailMaker, *, expected: str) -> PreparedMail:
    mail = maker.sealed()
    reply = world.send("KE", mail.recipient, mail.octets)
    assert reply.startswith(expected), reply
    return mail


def again(world: ReliabilityWorld, mail: PreparedMail) -> PreparedMail:
    """What a client does with a mail that got 452."""
    assert world.send("KE", mail.recipient, mail.octets).startswith("250 2.6.0")
    return mail
