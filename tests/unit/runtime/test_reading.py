"""Threads that read in place of the loop, where there is no room for what comes."""

from __future__ import annotations

import pytest

from callbackgen.runtime.budget import Budget, Held
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.shares import Clients
from callbackgen.runtime.staying import Staying
from callbackgen.runtime.workers import Workers
from tests.unit.runtime.test_transport import LARGE, PATIENCE, connected, message


def test_who_reads_where_there_is_no_room_does_not_end_it() -> None:
    """What it has found the beginning of waits for room, if nobody waits for it."""
    settings = Settings(held_size=0, message_size=1000)
    with connected() as end:
        transport = end.transport
        if not transport.try_reading():
            pytest.skip("this system has no epoll")
        share = Clients().join("a client")
        held = Held(
            Budget(settings, transport.loop.soon), share, transport.look_for_room
        )
        transport.inbox.keep_to(held, bool)
        held.unread(10 * LARGE)
        end.theirs.sendall(message(1)[:-1])
        transport.read_within(PATIENCE)
        transport.stop_reading()
        assert not transport.inbox.has_room
        assert not transport.is_closing
        held.unread(0)
        end.theirs.sendall(message(1)[-1:])
        assert end.next() == 1


def test_no_thread_stays_where_nothing_is_to_be_read() -> None:
    """It would read what is to stay in the socket."""
    with connected() as end:
        if not end.transport.try_reading():
            pytest.skip("this system has no epoll")
        end.transport.stop_reading()
        staying = Staying(end.transport, Workers(4))
        end.in_loop(end.transport.inbox.pause)
        staying.begin()
        assert end.transport.try_reading(), "another thread reads"
        end.transport.stop_reading()
