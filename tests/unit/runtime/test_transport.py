"""One socket of a loop: whole messages in, bytes out, within limits of time."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import contextlib
import functools
import gc
import socket
import struct
import threading
import tracemalloc
import weakref
from collections.abc import Callable, Generator
from queue import Empty, SimpleQueue

import pytest

from callbackgen.runtime import transport as module
from callbackgen.runtime import wire
from callbackgen.runtime.deadline import Deadline
from callbackgen.runtime.errors import ConnectionLost
from callbackgen.runtime.loop import READ, Loop
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.transport import Transport
from callbackgen.runtime.wire import Message, Receiver, WireError
from tests.system.edges.hall import reached

PATIENCE = 60.0
LIMIT = 1024 * 1024
LARGE = 10_000
SMALL_BUFFER = 4096


class End:
    """A transport under test, what it has told of, and the other end's socket."""

    def __init__(self, loop: Loop, settings: Settings) -> None:
        ours, self.theirs = socket.socketpair()
        for one in (ours, self.theirs):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        ours.setblocking(False)
        self.theirs.settimeout(PATIENCE)
        self.transport = Transport(loop, ours, settings, lambda _: LIMIT)
        self.messages: SimpleQueue[Message] = SimpleQueue()
        self.reasons: SimpleQueue[str] = SimpleQueue()
        self.threads: SimpleQueue[threading.Thread] = SimpleQueue()
        self.refuses: Exception | None = None

    def received(self, message: Message) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.messages.put(message)
        self.threads.put(threading.current_thread())

    def lost(self, reason: str) -> None:
        self.reasons.put(reason)

    def next(self) -> int:
        """The number of the next message, whose payload is as it was sent."""
        message = self.messages.get(timeout=PATIENCE)
        assert message.payload == payload(message.sequence, len(message.payload))
        return message.sequence

    def reason(self) -> str:
        return self.reasons.get(timeout=PATIENCE)

    def in_loop(self, action: Callable[[], object] = lambda: None) -> None:
        """Run an action in the loop's thread, and wait for it."""
        done = threading.Event()
        self.transport.loop.soon(action)
        self.transport.loop.soon(done.set)
        assert done.wait(PATIENCE)

    def fill(self) -> int:
        """Send until no more should be; gives how many messages."""
        number = 0
        while not self.transport.is_full:
            self.transport.send(message(number, LARGE))
            number += 1
        return number

    def taken(self, count: int) -> list[int]:
        """The numbers of so many messages that the other end reads, all as sent."""
        receiver, numbers = Receiver(lambda _: LIMIT), list[int]()
        while len(numbers) < count:
            if (one := receiver.take()) is None:
                data = self.theirs.recv(LIMIT)
                assert data
                receiver.feed(data)
            else:
                assert one.payload == payload(one.sequence, len(one.payload))
                numbers.append(one.sequence)
        return numbers


def payload(number: int, size: int) -> bytes:
    return (struct.pack("!H", number) * (size // 2 + 1))[:size]


def message(number: int, size: int = 10) -> bytes:
    return wire.encoded(wire.INVOKE, number, payload(number, size))


@contextlib.contextmanager
def connected(settings: Settings | None = None) -> Generator[End]:
    """A transport that reads; it ends with the block, just once, and its socket too."""
    loop = Loop("the tested loop")
    end = End(loop, settings or Settings())
    try:
        end.in_loop(lambda: end.transport.start(end))
        yield end
    finally:
        end.transport.close("the test is over")
        loop.end()
        end.theirs.close()
    assert end.transport.socket.fileno() == -1
    with contextlib.suppress(Empty):
        assert end.reasons.get_nowait() == "the test is over"
    assert end.reasons.empty()


@pytest.mark.parametrize("size", [1, 7, 40, 41, 99, 1000, LIMIT])
def test_messages_arrive_whole_however_they_are_cut(size: int) -> None:
    """In order, and one at a time."""
    sent = b"".join(message(number, number * 13) for number in range(30))
    with connected() as end:
        for start in range(0, len(sent), size):
            end.theirs.sendall(sent[start : start + size])
        assert [end.next() for _ in range(30)] == list(range(30))
        assert end.transport.bytes_received == len(sent)
        assert end.threads.get() is end.transport.loop._thread


def test_what_is_no_message_ends_it() -> None:
    """With the reason, told once; what came before has been handed on."""
    with connected() as end:
        end.theirs.sendall(message(1) + b"GET / HTTP/1.1\r\n" + message(2))
        assert end.reason() == "not Pyro5's protocol"
        assert end.next() == 1
        assert end.messages.empty()
        assert end.transport.is_closing
        with pytest.raises(ConnectionLost, match="not Pyro5's protocol"):
            end.transport.send(message(1))


def test_a_handler_may_refuse_a_message() -> None:
    """The WireError that it raises ends the connection; nothing is handed on then."""
    with connected() as end:
        end.refuses = WireError("it is not wanted")
        end.theirs.sendall(message(1) * 3)
        assert end.reason() == "it is not wanted"


def test_a_handler_that_fails_ends_it(caplog: pytest.LogCaptureFixture) -> None:
    """An error of our own costs this connection, and is logged."""
    with connected() as end:
        end.refuses = ValueError("ours")
        end.theirs.sendall(message(1))
        assert end.reason() == "an internal error"
    assert "ours" in caplog.text


def test_the_other_end_closes() -> None:
    """What it has sent before arrives, then the end, once."""
    with connected() as end:
        end.theirs.sendall(message(1) + message(2)[:20])
        end.theirs.close()
        assert end.next() == 1
        assert end.reason() == "the other end closed the connection"


def test_many_threads_send() -> None:
    """Every message arrives whole, those of a thread in order."""
    with connected() as end:

        def send(thread: int) -> None:
            for number in range(10):
                end.transport.send(message(thread * 10 + number, LARGE // 10))

        threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        got = end.taken(80)
        for thread in threads:
            thread.join()
        for number in range(8):
            own = [one for one in got if one // 10 == number]
            assert own == list(range(number * 10, number * 10 + 10))


def test_a_slow_reader_gets_all_later() -> None:
    """What it does not take is queued; who waits for room waits, and gets it then."""
    with connected(Settings(queue_size=10 * LARGE)) as end:
        end.transport.wait_for_room(Deadline(PATIENCE))
        count = end.fill()
        with pytest.raises(TimeoutError):
            end.transport.wait_for_room(Deadline(0.01))
        got: list[int] = []
        reader = threading.Thread(target=lambda: got.extend(end.taken(count)))
        reader.start()
        end.transport.wait_for_room(Deadline(PATIENCE))
        assert not end.transport.is_full
        reader.join()
        assert got == list(range(count))
        end.transport.send(b"")  # waits for who has sent the last, and counts it
        assert end.transport.bytes_sent == count * len(message(0, LARGE))


def test_a_queue_is_full_by_number_too() -> None:
    """Of messages, however small."""
    with connected(Settings(queue_messages=3)) as end:
        count = 0
        while not end.transport.is_full:
            end.transport.send(message(count))
            count += 1
        assert count > 3
        assert end.taken(count) == list(range(count))
        end.transport.wait_for_room(Deadline(PATIENCE))


def test_a_thread_reads_in_place_of_the_loop() -> None:
    """One at a time; what is queued is sent meanwhile; then the loop reads again."""
    with connected() as end:
        transport = end.transport
        if not transport.loop.can_be_changed:
            pytest.skip("this system has no epoll")
        assert transport.try_reading()
        assert not transport.try_reading()
        for number in range(100):
            transport.send(message(number, LARGE))

        def answer() -> None:
            got = end.taken(100)
            end.theirs.sendall(message(7, LARGE) * got.index(99))

        other = threading.Thread(target=answer)
        other.start()
        while end.messages.qsize() < 99:
            transport.read_within(PATIENCE)
        other.join()
        assert {end.next() for _ in range(99)} == {7}
        assert {end.threads.get() for _ in range(99)} == {threading.current_thread()}
        transport.read_within(0.001)
        end.theirs.sendall(message(8))
        end.in_loop()
        assert end.messages.empty()
        transport.stop_reading()
        assert end.next() == 8
        assert end.threads.get() is transport.loop._thread
        assert transport.try_reading()
        transport.stop_reading()


def test_a_thread_that_reads_is_woken_by_the_end() -> None:
    """Whether the other end closes, or this one; it is told in the loop's thread."""
    for closes_itself in (True, False):
        with connected() as end:
            if not end.transport.try_reading():
                pytest.skip("this system has no epoll")
            if closes_itself:
                threading.Timer(0.01, lambda: end.transport.close("enough")).start()
            else:
                end.theirs.close()
            end.transport.read_within(PATIENCE)
            end.transport.stop_reading()
            reason = end.reason()
            assert reason in {"enough", "the other end closed the connection"}
            assert not closes_itself or reason == "enough"


def test_a_message_has_to_end() -> None:
    """One that is begun and not ended ends the connection; whole ones do not."""
    with connected(Settings(blocked=0.1)) as end:
        end.theirs.sendall(message(1))
        assert end.next() == 1
        end.theirs.sendall(message(2)[:-1])
        assert end.reason() == "a message that was begun and not ended in 0.1 s"


def test_an_end_that_takes_nothing_is_disconnected() -> None:
    """And who waits for room then waits no longer."""
    with connected(Settings(blocked=0.1, queue_size=LARGE)) as end:
        with contextlib.suppress(ConnectionLost):  # that may come before it is full
            end.fill()
        end.transport.wait_for_room(Deadline(PATIENCE))
        with pytest.raises(ConnectionLost, match=r"left what it is sent for 0\.1 s"):
            end.transport.send(message(1))
        assert end.reason() == "the other end left what it is sent for 0.1 s"


def test_who_never_waits_for_room_ends_it() -> None:
    """The queue is bounded, even where nobody asks whether it is full."""
    with connected(Settings(queue_size=LARGE)) as end:
        with contextlib.suppress(ConnectionLost):
            for _ in range(100):
                end.transport.send(message(1, LARGE))
        with pytest.raises(ConnectionLost, match="the other end does not read"):
            end.transport.send(message(1))
        assert end.reason() == "the other end does not read"


@pytest.mark.parametrize("queued", [False, True])
def test_the_last_words_are_read(queued: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """After all that was sent before, and before the end, which comes at once."""
    monkeypatch.setattr(module, "_FAREWELL", 10 * PATIENCE)
    with connected(Settings(queue_size=10 * LARGE)) as end:
        count = end.fill() if queued else 0
        end.theirs.sendall(message(1) * 10)
        end.transport.close("goodbye", message(count))
        end.transport.close("too late", message(count + 1))
        assert end.taken(count + 1) == list(range(count + 1))
        assert end.theirs.recv(1) == b""
        end.theirs.close()
        assert end.reason() == "goodbye"


def test_the_last_words_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """An end that does not close in its turn is closed all the same, soon after."""
    monkeypatch.setattr(module, "_FAREWELL", 0.01)
    with connected() as end:
        end.transport.close("goodbye", message(1))
        assert end.reason() == "goodbye"


def test_reading_pauses() -> None:
    """Nothing is read meanwhile, nor does a message have to end; sending goes on."""
    with connected(Settings(blocked=0.05)) as end:
        transport = end.transport

        def begin() -> None:
            """At one go, lest it should have to end before the pause."""
            end.theirs.sendall(message(1)[:-1])
            transport._ready(READ)
            assert transport.inbox._receiver.begun
            transport.inbox.pause()

        end.in_loop(begin)
        paused = threading.Event()
        end.in_loop(lambda: transport.loop.later(0.1, paused.set))
        end.theirs.sendall(message(1)[-1:] + message(2))
        assert paused.wait(PATIENCE)
        transport.send(message(3))
        assert end.taken(1) == [3]
        assert end.messages.empty()
        end.in_loop(transport.inbox.resume)
        assert [end.next(), end.next()] == [1, 2]


def test_a_message_has_to_end_after_a_pause_too() -> None:
    """Time begins again when reading does."""
    with connected(Settings(blocked=0.05)) as end:
        end.in_loop(end.transport.inbox.pause)
        end.theirs.sendall(message(1)[:-1])
        end.in_loop(end.transport.inbox.resume)
        assert end.reason() == "a message that was begun and not ended in 0.05 s"


@pytest.mark.parametrize("from_loop", [False, True])
def test_close_from_any_thread(from_loop: bool) -> None:
    """The first reason holds; nothing can be sent; the other end reads the end."""
    with connected() as end:

        def close() -> None:
            end.transport.close("first")
            end.transport.close("second")

        end.in_loop(close) if from_loop else close()
        with pytest.raises(ConnectionLost, match="first"):
            end.transport.send(message(1))
        assert end.reason() == "first"
        assert end.theirs.recv(1) == b""


def test_one_that_is_closed_before_it_starts_says_so() -> None:
    """Its handler is told as soon as there is one."""
    loop = Loop("the tested loop")
    end = End(loop, Settings())
    end.transport.close("changed my mind")
    end.in_loop()
    assert end.reasons.empty()
    end.in_loop(lambda: end.transport.start(end))
    assert end.reason() == "changed my mind"
    loop.end()
    end.theirs.close()


def test_a_forked_child_only_closes() -> None:
    """The connection goes on for the parent: nothing is sent, nobody is told."""
    with connected() as end:
        parents = end.transport.socket.dup()
        end.in_loop(lambda: end.transport.loop.unwatch(end.transport.socket))
        end.transport.forget()
        with pytest.raises(ConnectionLost, match="belongs to the parent process"):
            end.transport.send(message(1))
        assert end.reasons.empty()
        with parents:
            parents.sendall(b"x")
            assert end.theirs.recv(9) == b"x"


def test_no_timer_keeps_a_connection_that_is_over() -> None:
    """Strangers who begin a message and go are many, until it would be due."""
    loop = Loop("the tested loop")
    end = End(loop, Settings(blocked=1000))
    end.in_loop(functools.partial(end.transport.start, end))
    end.theirs.send(message(1)[:20])
    end.theirs.close()
    assert end.reason() == "the other end closed the connection"
    end.in_loop()
    alive = weakref.ref(end.transport)
    del end
    assert reached(lambda: gc.collect() >= 0 and alive() is None)
    loop.end()


def test_a_message_that_is_not_complete_goes_with_its_connection() -> None:
    """At once, not when Python collects what refers to itself: many may come so."""
    begun = message(1, LIMIT)[:-1]
    gc.disable()
    tracemalloc.start()
    try:
        with connected() as end:
            arriving = end.transport.bytes_received
            end.theirs.sendall(begun)
            while arriving < len(begun):
                end.in_loop()
                arriving = end.transport.bytes_received
            assert tracemalloc.get_traced_memory()[0] > LIMIT
            end.theirs.close()
            assert end.reason() == "the other end closed the connection"
            end.in_loop()
            assert tracemalloc.get_traced_memory()[0] < LIMIT
    finally:
        tracemalloc.stop()
        gc.enable()
