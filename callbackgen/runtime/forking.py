"""What has sockets and threads forgets them in a forked child.

The child closes its copies and nothing else: the parent goes on using them.
"""

from __future__ import annotations

import os
import weakref
from abc import abstractmethod
from typing import Final, Protocol


class Forgets(Protocol):
    """What can be told that this process is a forked child."""

    @abstractmethod
    def forget(self) -> None:
        """Close what the parent process goes on using, and nothing more."""
        ...


_known: Final[weakref.WeakSet[Forgets]] = weakref.WeakSet()


def forget_in_children(what: Forgets) -> None:
    """Have `what.forget` called in each child that is forked from now on."""
    _known.add(what)


def _forget_all() -> None:
    for one in list(_known):
        one.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
