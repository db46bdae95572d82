"""What one session may use up: commands, errors, time."""

from collections.abc import Callable

from gateway.edge.hang_up import HangUpError
from gateway.edge.limits import EdgeLimits
from gateway.replies import TOO_MANY_COMMANDS, TOO_MANY_ERRORS, Reply


class Budgets:
    """Budgets of a session that begins now. clock: seconds, the event loop's."""

    def __init__(self, limits: EdgeLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._began = clock()
        self._commands_left = limits.commands_between_mails
        self._errors_left = limits.errors

    def spend_command(self) -> None:
        """Before each command. Raises HangUpError if a budget is used up."""
        if self._errors_left <= 0:
            raise HangUpError(TOO_MANY_ERRORS)
        if self._commands_left <= 0:
            raise HangUpError(TOO_MANY_COMMANDS)
        self._commands_left -= 1

    def spend_reply(self, reply: Reply) -> None:
        """After each command."""
        self._errors_left -= reply.permanent

    def mail_accepted(self) -> None:
        """A session that is of use may go on."""
        self._commands_left = self._limits.commands_between_mails

    def deadline(self, *, authenticated: bool) -> float:
        """By when the next command has to be complete."""
        longest = self._limits.session if authenticated else self._limits.unauthenticated
        return min(self._began + longest, self._clock() + self._limits.idle)
