"""The message of a DATA command, block by block: finds its end, refuses what is not CR LF, removes transparency dots.

Pure: octets in, state out. Work on each block is done by C primitives over the whole block.
"""

from gateway.edge.limits import EdgeLimits
from gateway.replies import BAD_LINE_ENDING, LINE_TOO_LONG, MESSAGE_TOO_BIG, Reply

_DOT = 0x2E
_END_LINE = b".\r\n"


class DataScan:
    """One message.

    ended: no more octets are wanted. remainder: octets that came after the end of data. refusal: why the message
    is refused, or None. out_of_step: the end of data was not reached, or cannot be trusted; what the client sends
    next may be meant as data, so the connection has to be closed. kept: octets held.
    """

    def __init__(self, limits: EdgeLimits) -> None:
        self._limits = limits
        self._blocks: list[bytes] = []
        self._line = b""  # the unfinished line, from its start
        self.received = 0
        self.kept = 0
        self.ended = False
        self.out_of_step = False
        self.refusal: Reply | None = None
        self.remainder = b""

    @property
    def octets(self) -> bytes:
        """The message. Only meaningful when `ended` without `refusal`."""
        return b"".join(self._blocks)

    def refuse(self, reply: Reply) -> None:
        """Refuse for a reason from outside; what is held is dropped, the rest is read and thrown away."""
        self.refusal = self.refusal or reply
        self._blocks.clear()
        self.kept = 0

    def feed(self, block: bytes) -> None:
        """Take the next octets from the wire."""
        self.received += len(block)
        block = self._line + block
        # RFC 5321 §4.1.1.4: only CR LF . CR LF ends the data. `block` starts at the start of a line.
        end = 0 if block.startswith(_END_LINE) else block.find(b"\r\n" + _END_LINE) + 2
        if end != 1:
            self.ended = True
            self.remainder = block[end + len(_END_LINE) :]
            self._take(block[:end])
        else:
            whole = block.rfind(b"\r\n") + 2
            whole = whole if whole > 1 else 0
            self._take(block[:whole])
            self._hold(block[whole:])
        if not self.ended and self.received > self._limits.message_octets + self._limits.overflow_octets:
            self._break_off(MESSAGE_TOO_BIG)

    def _take(self, lines: bytes) -> None:
        """Whole lines."""
        if not lines:
            return
        endings = lines.count(b"\r\n")
        # RFC 5321 §2.3.8, §4.1.1.4: CR and LF only as CR LF; §4.5.2 and RFC 5322 §2.2: no NUL
        if lines.count(b"\n") != endings or lines.count(b"\r") != endings or b"\0" in lines:
            self._break_off(BAD_LINE_ENDING)
            return
        if self._has_long_line(lines):
            self.refuse(LINE_TOO_LONG)
        if self.refusal is not None:
            return
        # RFC 5321 §4.5.2: the first dot of a line is removed
        lines = lines.replace(b"\r\n.", b"\r\n")
        if lines[0] == _DOT:
            lines = lines[1:]
        self._blocks.append(lines)
        self.kept += len(lines)
        if self.kept > self._limits.message_octets:
            self.refuse(MESSAGE_TOO_BIG)

    def _hold(self, line: bytes) -> None:
        """The start of a line whose end has not come."""
        before_last, last = line[:-1], line[-1:]
        if b"\r" in before_last or b"\n" in line or b"\0" in line:
            self._break_off(BAD_LINE_ENDING)
        elif len(line) > self._limits.text_line_octets + 1:
            self.refuse(LINE_TOO_LONG)
            # Any octet that is not a dot stands for the start: this line can't become the end of data.
            self._line = b"-" + last
        else:
            self._line = line

    def _has_long_line(self, lines: bytes) -> bool:
        """Whether a line is longer than allowed: in each window from a line's start there must be an LF."""
        window, position, length = self._limits.text_line_octets, 0, len(lines)
        while length - position > window:
            dot = lines[position] == _DOT  # the transparency dot is not counted
            last = lines.rfind(b"\n", position, position + window + dot)
            if last < 0:
                return True
            position = last + 1
        return False

    def _break_off(self, reply: Reply) -> None:
        self.refuse(reply)
        self.ended = self.out_of_step = True
        self._line = b""
