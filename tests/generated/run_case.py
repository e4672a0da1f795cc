"""Run one golden case in a process of its own: ``python -m ... CASE``.

Its implementation is wrapped and served by a stock Pyro5 daemon, and a stub that was
made from the address alone makes the calls of ``use.exercise``.
"""

from __future__ import annotations

import importlib
import sys
import typing
import warnings

from tests.generated import cases
from tests.generated.serving import serving


def main(case: str) -> None:
    warnings.simplefilter("error")
    sys.path.insert(0, str(cases.ROOT))
    use = importlib.import_module(f"{case}.use")
    stub_class = typing.get_type_hints(use.exercise)["stub"]
    stub_class = typing.get_origin(stub_class) or stub_class
    module = importlib.import_module(stub_class.__module__)
    name = stub_class.__name__.removesuffix("Stub")
    wrapper = getattr(module, f"{name}Wrapper")(use.Implementation())
    with serving(wrapper) as (address,):
        use.exercise(stub_class(address))
    print("done")


if __name__ == "__main__":
    main(sys.argv[1])
