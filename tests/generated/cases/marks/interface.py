from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, overload, runtime_checkable

from callbackgen import markers
from callbackgen.markers import deadline, oneway

if TYPE_CHECKING:
    from typing_extensions import deprecated, override
else:

    def deprecated(_message: str) -> Any:
        return lambda method: method

    def override(method: Any) -> Any:
        return method


@runtime_checkable
class Marks(Protocol):
    @markers.oneway
    def told(self, text: str) -> None: ...
    @oneway
    def also_told(self, text: str) -> None: ...
    @deadline(2.5)
    def confirm(self, question: str) -> bool: ...
    @deprecated("use told")
    def old(self, text: str) -> str:
        """Was used once."""
        ...

    @overload
    @deprecated('say "more"')
    def said(self, text: str) -> str: ...
    @overload
    def said(self, text: str, more: int) -> str: ...
    def last(self) -> list[str]: ...
