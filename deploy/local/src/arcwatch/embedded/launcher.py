"""Becomes one program that cannot outlive the process that asked for it. Standard library only.

Run as `python -I -S launcher.py PARENT_PID DEATH_SIGNAL USER MODE PROGRAM [ARGUMENT...]`, in a new session.
MODE `pdeathsig` lets the Linux kernel send the signal when the parent dies, even by SIGKILL. MODE `guardian` is for
systems without that: a second process waits for the end of standard input, a pipe that only the parent holds open.
"""

import os
import pwd
import select
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_GUARDIAN_LOOKS_EVERY_SECONDS = 0.5


def main(arguments: list[str]) -> None:
    """Arrange the end, take on the user, and become the program."""
    parent, death_signal, user, mode, *command = arguments
    prctl = _prctl() if mode == "pdeathsig" else None
    if mode == "guardian":
        _leave_guardian(int(death_signal))
    if user:
        _become(user)
    # After the change of user, which clears it.
    if prctl is not None and prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
        sys.exit("the kernel does not promise to end this program with its parent (prctl)")
    if os.getppid() != int(parent):
        sys.exit("the process that started this one is gone")
    try:
        os.execv(command[0], command)  # noqa: S606 - to become it is the point; no shell is wanted
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")


def _become(name: str) -> None:
    user = pwd.getpwnam(name)
    os.initgroups(name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def _prctl() -> Callable[..., int]:
    # Loaded before the change of user: the new one may not be able to read our Python.
    import ctypes  # noqa: PLC0415 - not needed on other systems

    found: Callable[..., int] = ctypes.CDLL(None).prctl
    return found


def _leave_guardian(death_signal: int) -> None:
    program = os.getpid()
    if os.fork() != 0:
        return
    # The guardian must not hold the output open: its end is how the parent sees the program's last line.
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a plain descriptor is wanted
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while os.getppid() == program:
        readable, _, _ = select.select([0], [], [], _GUARDIAN_LOOKS_EVERY_SECONDS)
        if readable and not os.read(0, 1):
            os.kill(program, death_signal)
            break
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
