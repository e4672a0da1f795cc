"""Python reads names in Unicode's NFKC form, whatever they are written as."""

from typing import Protocol, TypeVar

Oﬃcer = TypeVar("Officer")


class Proﬁle(Protocol[Oﬃcer]):
    ﬂag: int

    @property
    def staﬀ(self) -> int: ...
    @staﬀ.setter
    def staff(self, value: int) -> None: ...
    def ﬁnd(self, ﬁle: str, *, ª: int = 1, größe: "Oﬃcer") -> "Oﬃcer": ...
    def fﬁn(self, **µ: int) -> int: ...
