"""Docstrings of every form."""

from typing import Protocol


class Docstrings(Protocol):
    """The class has one.

    With a second paragraph:
        indented, with a "quote" and a \\ backslash.
    """

    def one_line(self) -> int:
        """Give one."""

    def raw(self) -> int:
        r"""A \d raw one that ends with a backslash \ """

    def ends_with_a_quote(self) -> int:
        """It is called "x" """

    def single(self) -> int:
        'In single quotes, with "double" ones and """ inside.'

    def many_lines(self) -> int:
        """First line.

        >>> 1 + 1
        2

            Deeper, trailing space:   
        \ttabbed
        """

    def unicode(self) -> int:
        """Größe in µm → ⚙, and a zero-width space: ​."""

    def long(self) -> int:
        """One line that is long enough to go past the eighty-eighth column of the file."""

    def empty(self) -> int:
        """ """

    def concatenated(self) -> int:
        "Two " "parts."
