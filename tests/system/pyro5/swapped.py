"""A pytest plugin for Pyro5's own tests: where they use its Daemon, they get ours."""

from __future__ import annotations

from typing import Any, cast

import Pyro5.api
import Pyro5.server
import pytest

import callbackgen

ALLOWING = {"testAutoProxy"}
"""The tests whose clients send objects of their own classes."""


class AllowingDaemon(callbackgen.Daemon):
    """One that takes them."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options, allow_pyro_classes=True)


def put(daemon: type[callbackgen.Daemon]) -> None:
    """Have Pyro5 and its tests use a class of daemons from now on."""
    cast(Any, Pyro5.server).Daemon = cast(Any, Pyro5.api).Daemon = daemon


put(callbackgen.Daemon)  # before the tests are imported: they make subclasses of it


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Choose the daemon for a test; its name server takes any free port."""
    put(AllowingDaemon if item.name in ALLOWING else callbackgen.Daemon)
    config = cast(Any, Pyro5.config)
    config.NS_PORT = config.NS_BCPORT = 0
