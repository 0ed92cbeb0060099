"""A free TCP port for a server of a test."""

from arcwatch.ports import choose


def free_port() -> int:
    return choose(["any"], {})["any"]
