"""One call that a stub makes, however it travels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from callbackgen.runtime.carrier import Carrier
from callbackgen.runtime.context import served
from callbackgen.runtime.deadline import Deadline
from callbackgen.runtime.envelope import MOST_ARGUMENTS, arguments_in
from callbackgen.runtime.errors import BadArgument, BadReply, DeadlineExceeded
from callbackgen.runtime.method import Method, Overload
from callbackgen.runtime.misfit import Misfit
from callbackgen.runtime.sizes import LEAST, Size
from callbackgen.runtime.wire import WireError

if TYPE_CHECKING:
    from callbackgen.runtime.settings import Settings
    from callbackgen.runtime.stub import Stub

Packed: TypeAlias = "tuple[Overload | None, list[object], dict[str, object]]"
"""The overload by which the answer is read (None: it is not), and the arguments."""


class Call(msgspec.Struct, eq=False):
    """A call of a member of the interface of `stub`; its time has begun.

    For an attribute it reads it, or `assigns` the one argument.
    """

    stub: type[Stub]
    method: Method[Any]
    deadline: Deadline
    arguments: Sequence[object] = ()
    keywords: Mapping[str, object] | None = None
    assigns: bool = False

    @property
    def name(self) -> str:
        """What it is called, for people."""
        return f"{self.stub.__qualname__}.{self.method.name}"

    def packed(self, carrier: Carrier) -> Packed:
        """The arguments as they travel. Raises BadArgument where they do not fit."""
        try:
            return self._packed(carrier)
        except Misfit as misfit:
            carrier.undo()
            raise BadArgument(f"{self.name}: {misfit}") from None
        except BaseException:
            carrier.undo()
            raise

    def _packed(self, carrier: Carrier) -> Packed:
        if self.assigns:
            (value,) = self.arguments
            first = self.method.overloads[0]
            return None, [first.pack_assigned(value, carrier)], {}
        if self.method.is_attribute:
            return self.method.overloads[0], [], {}
        return self.method.pack(self.arguments, self.keywords or {}, carrier)

    def result(self, data: object, used: Overload | None, carrier: Carrier) -> Any:
        """The result in an answer. Raises BadReply where that does not fit."""
        if used is None:
            return None
        try:
            return used.unpack_result(data, carrier)
        except Misfit as misfit:
            raise BadReply(f"{self.name}: {misfit}") from None

    def check_size(self, payload: bytes, settings: Settings) -> None:
        """Raises BadArgument where the arguments are more than the receiver takes."""
        size = len(payload)
        if size <= settings.untyped_size and size <= settings.message_size:
            return
        exceeded = self.method.size.exceeded(size, settings)
        if exceeded is not None:
            raise BadArgument(f"{self.name}: the arguments are {exceeded}")

    def check_shape(self, payload: bytes, settings: Settings) -> None:
        """The same for what only large messages must not have (see `Kind.shape`)."""
        if len(payload) <= settings.untyped_size:
            return
        try:
            said = arguments_in(payload)
        except WireError:
            text = f"there are more than {MOST_ARGUMENTS} arguments"
            raise BadArgument(f"{self.name}: {text}") from None
        try:
            self.method.check(said.positional, said.named)
        except Misfit as misfit:
            raise BadArgument(f"{self.name}: {misfit}") from None

    def check_answer(self, payload: bytes, used: Overload | None) -> None:
        """Raises BadReply where a large answer is not of its type (`Kind.shape`)."""
        try:
            if used is not None:
                used.check_result(payload)
        except Misfit as misfit:
            raise BadReply(f"{self.name}: {misfit}") from None

    def check_answer_size(self, size: int, settings: Settings) -> None:
        """Raises BadReply where an answer has too many bytes."""
        if size <= LEAST:
            return
        said = Size(LEAST) if self.assigns else self.method.result_size
        exceeded = said.exceeded(size, settings)
        if exceeded is not None:
            raise BadReply(f"{self.name}: the answer is {exceeded}")

    def too_late(self, whom: object) -> DeadlineExceeded:
        """The error for an answer that did not come in time.

        It names the method that is served meanwhile, too: two chains of calls can wait
        for each other.
        """
        text = f"{self.name}: no answer from {whom} within {self.deadline.seconds:g} s"
        current = served()
        if current is not None:
            text += f", while {current.name} was served"
        return DeadlineExceeded(text)
