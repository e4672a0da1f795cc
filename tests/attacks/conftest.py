"""What the files of attacks have in common."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator

import pytest

pytest.register_assert_rewrite("tests.attacks.harness", "tests.attacks.luring")

from tests.attacks.harness import Arena  # noqa: E402 - rewritten from now on


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Generator[Arena]:
    """The attacked servers of a file, one for each transport."""
    if sys.platform != "linux":
        pytest.skip("attackers have addresses of their own, which Linux alone gives")
    with contextlib.ExitStack() as open_for:
        yield Arena(tmp_path_factory.mktemp("attacks"), open_for)
