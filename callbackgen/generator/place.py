"""Where a piece of somebody's source stands, so that a diagnostic can say it."""

from __future__ import annotations

from typing import NamedTuple

import libcst

from callbackgen.generator.diagnostics import Diagnostic, Problem
from callbackgen.generator.source import ClassTree, Source


class Place(NamedTuple):
    """A node of somebody's source, from which a diagnostic can be made."""

    source: Source
    tree: ClassTree
    node: libcst.CSTNode

    def at(self, node: libcst.CSTNode) -> Place:
        """The place of another node of the same class."""
        return self._replace(node=node)

    def diagnostic(
        self, code: str, message: str, hint: str, *, is_warning: bool = False
    ) -> Diagnostic:
        """A finding that points here."""
        line, column = self.tree.position(self.node)
        text = self.source.lines[line - 1]
        return Diagnostic(
            code, message, hint, self.source.path, line, column, text, is_warning
        )

    def of(self, problem: Problem) -> Diagnostic:
        """A problem, as a finding that points here."""
        return self.diagnostic(problem.code, problem.message, problem.hint)
