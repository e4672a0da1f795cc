"""The hook by which the tests of `audit` watch a server: it sees what it should."""

from __future__ import annotations

import contextlib
from collections.abc import Generator

import pytest

from tests.system.audit.server import MISDEEDS
from tests.system.audit.watched import Watched, be_honest, proxy_of, watched


@pytest.fixture(scope="module")
def server() -> Generator[Watched]:
    with watched() as server:
        yield server


@pytest.mark.parametrize("event", MISDEEDS)
def test_what_is_loaded_or_run_is_seen(server: Watched, event: str) -> None:
    """A method that does so is reported, with its stack; what it did before is not."""
    fails = event == "import"
    with (
        proxy_of(server, "shop", "json") as shop,
        pytest.raises(ImportError) if fails else contextlib.nullcontext(),
    ):
        shop.misbehave(event)
    seen = server.seen()
    assert event in [one["event"] for one in seen]
    assert all("Shop.misbehave" in "\n".join(one["stack"]) for one in seen)


def test_honest_clients_make_it_load_and_run_nothing(server: Watched) -> None:
    """The second time, that is: what one needs may be loaded for the first."""
    be_honest(server)
    server.check("honest clients")
