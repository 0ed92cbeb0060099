"""Promise: ports are free, different, and the same as last time where that is possible."""

import socket
from collections.abc import Iterator

import pytest
from arcwatch.errors import DeploymentError
from arcwatch.ports import check_free, choose

from tests.support.ports import free_port


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_ports_are_different_and_can_be_listened_on() -> None:
    chosen = choose(["a", "b", "c"], {})
    assert len(set(chosen.values())) == 3
    for port in chosen.values():
        check_free(port)


def test_the_ports_of_last_time_come_back() -> None:
    first = choose(["a", "b"], {})
    second = choose(["a", "b", "c"], first)
    assert {name: second[name] for name in first} == first


def test_a_port_that_was_taken_meanwhile_is_replaced(taken: int) -> None:
    assert choose(["a"], {"a": taken})["a"] != taken


def test_a_busy_port_is_named_with_what_to_do(taken: int) -> None:
    with pytest.raises(DeploymentError, match=rf"port {taken} on 127.0.0.1 is in use: .*--port"):
        check_free(taken)


def test_a_port_whose_last_connections_still_linger_is_free() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as listener:
        client = socket.create_connection(("127.0.0.1", port))
        connection, _ = listener.accept()
        # The side that closes first keeps the connection in TIME_WAIT.
        connection.close()
        client.close()
    check_free(port)


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(DeploymentError, match=r"cannot listen on 192\.0\.2\.1:8080"):
        check_free(8080, "192.0.2.1")
