"""From a request to the text of every generated module: nothing is written here."""

from __future__ import annotations

from callbackgen.generator.request import GeneratedModule as GeneratedModule
from callbackgen.generator.request import Outcome as Outcome
from callbackgen.generator.request import Request as Request
