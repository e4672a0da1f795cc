"""Names: as Python reads them, and those that the generator makes up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def identifier(written: str) -> str:
    """The name that Python takes a written one for: ``ﬁle`` is ``file`` (NFKC).

    ``ast`` gives names in this form, libcst as they are written.
    """
    return written if written.isascii() else unicodedata.normalize("NFKC", written)


def module_stem(protocol_name: str) -> str:
    """The name of the module that is generated for a Protocol.

    ``PriceListener`` gives ``price_listener_remote``, ``HTTPCallback`` gives
    ``http_callback_remote``.
    """
    return f"{_HUMP.sub('_', protocol_name).lower()}_remote"


def constant_name(remote_name: str) -> str:
    """The name of a member's constant, as long as nothing else has it."""
    return f"_{_ascii_upper(remote_name.strip('_') or remote_name)}"


def _ascii_upper(text: str) -> str:
    """`text` with its ASCII letters in upper case.

    The other letters' cases differ with the Python version.
    """
    return "".join(letter.upper() if letter.isascii() else letter for letter in text)


def free_name(name: str, taken: Container[str]) -> str:
    """`name` if nothing has it, else the nearest with underscores that is free.

    Two leading underscores are never made: inside a class Python would change the
    name.
    """
    return next(option for option in _options(name) if option not in taken)


def _options(name: str) -> Iterator[str]:
    yield name
    if not name.startswith("_"):
        name = f"_{name}"
        yield name
    while True:
        name += "_"
        yield name
