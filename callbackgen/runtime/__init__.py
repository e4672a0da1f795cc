"""What generated modules are made of. Users import from `callbackgen` itself."""

from typing import TYPE_CHECKING

from callbackgen.runtime.arguments import OMITTED
from callbackgen.runtime.method import Method
from callbackgen.runtime.stub import Stub, attribute
from callbackgen.runtime.wrapper import Wrapper, exposed, exposed_attribute

if TYPE_CHECKING:
    from typing_extensions import deprecated
else:
    from callbackgen.runtime.deprecation import deprecated

__all__ = [
    "OMITTED",
    "Method",
    "Stub",
    "Wrapper",
    "attribute",
    "deprecated",
    "exposed",
    "exposed_attribute",
]
