import os
import signal
import threading
import time

import pytest

from scalml.runtime.signals import interrupts_held, orderly_termination

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


def test_sigterm_is_an_exception_for_a_while():
    with pytest.raises(SystemExit) as caught, orderly_termination():
        os.kill(os.getpid(), signal.SIGTERM)
    assert caught.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_passes_may_close_in_any_order():
    one, other = orderly_termination(), orderly_termination()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    with pytest.raises(SystemExit):
        os.kill(os.getpid(), signal.SIGTERM)
    other.__exit__(None, None, None)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_who_has_asked_before_keeps_the_signal():
    def mine(number, frame):
        pass

    signal.signal(signal.SIGTERM, mine)
    try:
        with orderly_termination():
            assert signal.getsignal(signal.SIGTERM) is mine
        assert signal.getsignal(signal.SIGTERM) is mine
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_other_threads_have_no_say():
    def passing():
        with orderly_termination():
            seen.append(signal.getsignal(signal.SIGTERM))

    seen = []
    thread = threading.Thread(target=passing)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]


def test_interrupts_wait():
    seen = []
    with pytest.raises(KeyboardInterrupt):
        with interrupts_held():
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
            seen.append("held")
        seen.append("never")
    assert seen == ["held"]


def test_interrupts_that_another_thread_takes_wait_too():
    seen, stop = [], threading.Event()
    other = threading.Thread(target=stop.wait)
    other.start()
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(KeyboardInterrupt):
            with interrupts_held():
                signal.pthread_kill(other.ident, signal.SIGINT)
                time.sleep(0.05)
                seen.append("held")
            seen.append("never")
    finally:
        stop.set()
        other.join()
    assert seen == ["held"]
    assert signal.getsignal(signal.SIGINT) is before


def test_no_interrupt_leaves_the_signal_blocked():
    armed, caught, stop = [], 0, threading.Event()

    class Interrupt(Exception):
        pass

    def interrupt(number, frame):
        if armed:
            armed.clear()
            raise Interrupt

    def storm():
        while not stop.wait(0.0004):
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, interrupt)
    other = threading.Thread(target=storm)
    other.start()
    try:
        while caught < 50:
            try:
                armed.append(True)
                with interrupts_held():
                    pass
                armed.clear()
            except Interrupt:
                caught += 1
            assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
            assert signal.getsignal(signal.SIGINT) is interrupt
    finally:
        armed.clear()
        stop.set()
        other.join()
        signal.signal(signal.SIGINT, before)
