"""Threads that read in place of the loop, where there is no room for what comes."""

from __future__ import annotations

import pytest

from callbackgen.runtime.budget import Budget, Held
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.shares import Clients
from callbackgen.runtime.staying import Staying
from callbackgen.runtime.workers import Workers
from tests.system.edges.hall import reached
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


def test_who_waits_has_others_read_on() -> None:
    """Where another thread reads, and there is no room for what comes.

    If it began to wait just as was looked whether anybody does, it is seen as well.
    """
    settings = Settings(held_size=0, message_size=LARGE)
    with connected() as end:
        transport = end.transport
        inbox = transport.inbox
        clients, budget = Clients(), Budget(settings, transport.loop.soon)
        held = Held(budget, clients.join("a client"), transport.look_for_room)
        Held(budget, clients.join("a client")).unread(10 * LARGE)
        seen = [False, True]

        def is_needed() -> bool:
            return seen.pop(0) if seen else False

        def begin() -> None:
            inbox.keep_to(held, is_needed)
            held.unread(2 * LARGE)
            inbox.look_for_room()

        end.in_loop(begin)
        assert inbox.has_room, "who began to wait meanwhile was not seen"
        assert not seen
        end.in_loop(inbox.look_for_room)
        assert reached(lambda: not inbox.has_room)
        seen.append(True)
        transport.loop.can_be_changed = False
        assert not transport.try_reading(), "no thread reads but the loop's"
        assert reached(lambda: inbox.has_room)


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
