"""Bytes that wait to be sent: in order, within limits, and who waits for room."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.runtime.budget import Budget, Held
from callbackgen.runtime.deadline import Deadline
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.shares import Clients
from callbackgen.runtime.unsent import Unsent

PATIENCE = 60.0
FREE = 16 * 1024


class Socket:
    """Takes so many bytes and no more."""

    def __init__(self, room: int = 0) -> None:
        self.room = room
        self.taken = b""

    def send(self, piece: memoryview) -> int:
        taken = bytes(piece[: self.room])
        self.room -= len(taken)
        self.taken += taken
        return len(taken)


def unsent() -> tuple[Unsent, threading.Lock]:
    """A small queue, and the lock that is held when it is changed."""
    lock = threading.Lock()
    return Unsent(Settings(queue_size=10, queue_messages=3), lock), lock


def age(queue: Unsent) -> float | None:
    return queue.oldest


@given(
    st.lists(st.binary(min_size=1, max_size=20), max_size=20),
    st.lists(st.integers(0, 50), max_size=20),
)
def test_bytes_go_in_order(pieces: list[bytes], rooms: list[int]) -> None:
    """However many are taken at once, and none of them twice."""
    (queue, lock), socket = unsent(), Socket()
    with lock:
        for number, piece in enumerate(pieces):
            queue.add(memoryview(piece), number)
        for room in rooms:
            socket.room = room
            queue.send(socket.send)
            sent = min(sum(map(len, pieces)), len(socket.taken))
            assert queue.is_empty == (sent == sum(map(len, pieces)))
        socket.room = 1000
        queue.send(socket.send)
    assert socket.taken == b"".join(pieces)
    assert queue.is_empty
    assert not queue.is_full


def test_it_is_full_by_size_and_by_number() -> None:
    """And overfull at four times as much."""
    for piece, full, overfull in ((b"x" * 5, 3, 9), (b"x", 4, 13)):
        queue, lock = unsent()
        with lock:
            for number in range(1, overfull + 1):
                assert not queue.is_overfull
                queue.add(memoryview(piece), 0)
                assert queue.is_full == (number >= full)
            assert queue.is_overfull


def test_the_oldest_is_the_first() -> None:
    """Also when a part of it was taken."""
    (queue, lock), socket = unsent(), Socket(3)
    with lock:
        assert age(queue) is None
        queue.add(memoryview(b"12345"), 1.0)
        queue.add(memoryview(b"67890"), 2.0)
        queue.send(socket.send)
        assert age(queue) == 1.0
        socket.room = 3
        queue.send(socket.send)
        assert age(queue) == 2.0
        queue.drop()
        assert age(queue) is None
    assert socket.taken == b"123456"


@pytest.mark.parametrize("way", ["send", "stop_waiting", "drop"])
def test_who_waits_for_room_is_woken(way: str) -> None:
    """When there is some, and when there will be none."""
    (queue, lock), waits, woken = unsent(), threading.Event(), threading.Event()

    def wait() -> None:
        with lock:
            waits.set()
            queue.wait_for_room(Deadline(PATIENCE))
        woken.set()

    with lock:
        queue.add(memoryview(b"x" * 11), 0)
        thread = threading.Thread(target=wait)
        thread.start()
    assert waits.wait(PATIENCE)
    with lock:  # it waits now, for it has given the lock back
        assert not woken.is_set()
        ways = {
            "send": lambda: queue.send(Socket(1).send),
            "stop_waiting": queue.stop_waiting,
            "drop": queue.drop,
        }
        ways[way]()
    assert woken.wait(PATIENCE)
    thread.join()


def test_waiting_for_room_has_an_end() -> None:
    """It raises, unless there is room."""
    queue, lock = unsent()
    with lock:
        queue.wait_for_room(Deadline(0.001))
        queue.add(memoryview(b"x" * 11), 0)
        with pytest.raises(TimeoutError):
            queue.wait_for_room(Deadline(0.001))
        queue.stop_waiting()
        queue.wait_for_room(Deadline(PATIENCE))


def test_it_is_full_as_well_when_others_hold_all_that_there_is() -> None:
    """Who waits goes on when they have sent some of it."""
    budget = Budget(Settings(held_size=1000, message_size=1000), lambda task: None)
    clients = Clients()
    lock = threading.Lock()
    one = Unsent(Settings(), lock, Held(budget, clients.join("ann")))
    other = Unsent(Settings(), lock, Held(budget, clients.join("ann")))
    clients.join("bob")
    with lock:
        one.add(memoryview(bytes(FREE + 900)), 0)
        other.add(memoryview(bytes(FREE + 200)), 0)
        assert one.is_full
        assert other.is_full
        with pytest.raises(TimeoutError):
            other.wait_for_room(Deadline(0.01))
    waited = threading.Thread(target=wait, args=(other, lock))
    waited.start()
    with lock:
        one.send(Socket(10_000_000).send)
    waited.join(PATIENCE)
    assert not waited.is_alive()
    with lock:
        other.drop()
    assert budget.total == 0


def wait(queue: Unsent, lock: threading.Lock) -> None:
    with lock:
        queue.wait_for_room(Deadline(PATIENCE))
