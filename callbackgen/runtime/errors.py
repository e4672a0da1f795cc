"""What a call to the other end can raise.

    RemoteError                        something went wrong with a remote call
      ConnectionLost                   no connection, or it broke; a ConnectionError too
        Refused                        the far end did not let us in
        Forked                         the connection belongs to the parent process
      DeadlineExceeded                 no answer in time; a TimeoutError too
      RemoteRaised                     the far end's own object raised
      Unimplemented                    the far end has no such object or method
      Withdrawn                        the far end has withdrawn the object
      Busy                             too many calls wait for the object
      LimitExceeded                    another limit, here or there; the text says which
      BadReply                         the answer is not what the interface promises
      BadArgument                      refused here, nothing was sent; a TypeError too

None of them is an error of Pyro5's: Pyro5 answers a `CommunicationError` raised in a
method by dropping the connection of the caller on whose behalf the method ran.
"""

from __future__ import annotations

REMOTE_TEXT_LIMIT = 64 * 1024
"""The most characters that the texts of one `RemoteRaised` have together."""

_CUT = " [cut]"


class RemoteError(Exception):
    """Something went wrong with a remote call. The base of all that one can raise.

    `explanation` is what this end knows besides, which ``str()`` shows after the rest:
    how the other end's version of the interface differs, where that is the reason.
    """

    explanation: str = ""

    def __str__(self) -> str:
        return self._explained(super().__str__())

    def _explained(self, text: str) -> str:
        return f"{text}; {self.explanation}" if self.explanation else text


class ConnectionLost(RemoteError, ConnectionError):
    """The far end could not be reached, refused, or went away.

    A call that was under way may have been carried out; it is never repeated.
    """


class Refused(ConnectionLost):
    """The far end did not let us in; a connection does not try again.

    An `authenticate` function raises it to say why.
    """


class Forked(ConnectionLost):
    """The connection belongs to the process that this one was forked from."""


class DeadlineExceeded(RemoteError, TimeoutError):
    """The answer did not come in time. The call may still be carried out."""


class RemoteRaised(RemoteError):
    """The far end's own object raised.

    No class of the far end is ever re-created here: what it raised travels as text.
    `class_name` is the dotted name of its class (builtins without ``builtins.``),
    `text` what ``str()`` gave there, `traceback_text` its traceback, or nothing.
    Together they are at most :data:`REMOTE_TEXT_LIMIT` characters; what is longer
    is cut, and says so.
    """

    def __init__(self, class_name: str, text: str, traceback_text: str = "") -> None:
        class_name = shortened(class_name, 1024)
        text = shortened(text, REMOTE_TEXT_LIMIT // 2)
        rest = REMOTE_TEXT_LIMIT - len(class_name) - len(text)
        traceback_text = shortened(traceback_text, rest)
        super().__init__(class_name, text, traceback_text)
        self.class_name = class_name
        self.text = text
        self.traceback_text = traceback_text

    def __str__(self) -> str:
        said = f"{self.class_name}: {self.text}" if self.text else self.class_name
        return self._explained(said)


class Unimplemented(RemoteError):
    """The far end does not have the object, or its interface not the method."""


class Withdrawn(RemoteError):
    """The far end has withdrawn the object, or never had it."""


class Busy(RemoteError):
    """Too many calls wait for the object; this one was not carried out."""


class LimitExceeded(RemoteError):
    """A limit was reached, here or at the far end; the call was not carried out."""


class BadReply(RemoteError):
    """The far end's answer is malformed, too large or does not fit the interface."""


class BadArgument(RemoteError, TypeError):
    """An argument does not fit the interface. Nothing was sent."""


def shortened(text: str, limit: int) -> str:
    """The text, cut to `limit` characters with a mark where it is longer."""
    return text if len(text) <= limit else text[: limit - len(_CUT)] + _CUT
