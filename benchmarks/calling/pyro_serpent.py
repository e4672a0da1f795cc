"""Plain Pyro5 as it is by default."""

from __future__ import annotations

from benchmarks.calling.pyro import over

CONTENDER = over("serpent")
