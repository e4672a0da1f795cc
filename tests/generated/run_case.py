"""Run one golden case in a process of its own: ``python -m ... CASE ours|stock``.

Its implementation is wrapped and served by a daemon, ours or a stock one of Pyro5, and
a stub makes the calls of ``use.exercise``: over a connection of ours, or made from the
address alone.
"""

from __future__ import annotations

import importlib
import sys
import typing
import warnings

import callbackgen
from tests.generated import cases
from tests.generated.serving import serving, serving_ours


def main(case: str, daemon: str) -> None:
    warnings.simplefilter("error")
    sys.path.insert(0, str(cases.ROOT))
    use = importlib.import_module(f"{case}.use")
    stub_class = typing.get_type_hints(use.exercise)["stub"]
    stub_class = typing.get_origin(stub_class) or stub_class
    module = importlib.import_module(stub_class.__module__)
    name = stub_class.__name__.removesuffix("Stub")
    wrapper = getattr(module, f"{name}Wrapper")(use.Implementation())
    if daemon == "stock":
        with serving(wrapper) as (address,):
            use.exercise(stub_class(address))
    else:
        with (
            serving_ours(wrapper) as address,
            callbackgen.connect(address) as connection,
        ):
            use.exercise(stub_class(connection))
    print("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
