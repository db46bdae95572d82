"""The two ways a session ends from inside: with a last reply, or because the client is gone."""

from gateway.replies import Reply


class HangUpError(Exception):
    """Say `reply`, then close. The message is the reply's code only."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.code))
        self.reply = reply


class DisconnectedError(Exception):
    """The connection is gone; there is nobody to reply to."""
