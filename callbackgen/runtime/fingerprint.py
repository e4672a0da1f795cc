"""What an interface looks like at one end, for the other end to compare.

A description is a text in JSON: the members, sorted by name. A fingerprint is a hash of
that. Neither depends on the process, the Python version or where the module lies;
deadlines, which each end has for its own calls, are not part of it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from callbackgen.runtime.errors import shortened
from callbackgen.runtime.interfaces import members_of, once, wrapper_of
from callbackgen.runtime.referring import FINGERPRINT_SIZE

if TYPE_CHECKING:
    from callbackgen.runtime.wrapper import Served

LARGEST_DESCRIPTION: Final = 64 * 1024
"""Bytes of a description; that limits how many members are looked at, too."""

_LONGEST_SHOWN: Final = 1000


class Member(msgspec.Struct, frozen=True, array_like=True):
    """A member of an interface, as one end tells the other.

    `settable`: an attribute that can be assigned. Fields that follow are skipped.
    """

    name: str
    signatures: tuple[str, ...]
    oneway: bool
    settable: bool

    def __str__(self) -> str:
        """The member for people, who may be shown what a peer says: cut, in ASCII."""
        is_attribute = self.signatures[:1] != () and self.signatures[0][:2] == "->"
        if is_attribute:
            text = f"{self.name}:{self.signatures[0][2:]}"
            text = text if self.settable else f"read-only {text}"
        else:
            text = " or ".join(f"{self.name}{one}" for one in self.signatures)
            text = f"oneway {text}" if self.oneway else text
        return shortened(ascii(text)[1:-1], _LONGEST_SHOWN)


# Made now: msgspec evaluates the annotations of a class when it first meets it.
_members_in: Final = msgspec.json.Decoder(list[Member]).decode


@once
def description(wrapper: type) -> str:
    """What the interface of a wrapper class looks like at this end."""
    served = members_of(wrapper)
    members = [_member(name, served[name]) for name in sorted(served)]
    return msgspec.json.encode(members).decode()


@once
def fingerprint(stub: type) -> bytes:
    """What tells the versions of an interface apart, by its stub class.

    Raises TypeError where the module of the stub does not have its wrapper.
    """
    text = description(wrapper_of(stub))
    return hashlib.blake2b(text.encode(), digest_size=FINGERPRINT_SIZE).digest()


def members_in(text: str) -> dict[str, Member] | None:
    """The members by name that a description tells of; None where it is none."""
    data = text.encode(errors="replace")
    if len(data) > LARGEST_DESCRIPTION:
        return None
    try:
        members = _members_in(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return {member.name: member for member in members}


def _member(name: str, served: Served) -> Member:
    method = served.method
    settable = served.assign is not None
    return Member(name, method.signatures, method.oneway, settable)
