"""The server as it is run, over real connections."""

import http.client
import json
import socket
import sys
import threading
import time
from contextlib import closing, contextmanager

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route
from tests.server.conftest import projects_in

from feltline.errors import SetupError
from feltline.server import deadlines
from feltline.server.app import create_api
from feltline.server.run import SWITCH_S, Server, config_of, listen, serve
from feltline.server.security import Credentials, add_security

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
MIB = 2**20


@contextmanager
def running(app):
    """The port of an application that is served as `feltline serve` does."""
    with listen(0) as listening:
        server = Server(config_of(app), lambda: None)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, daemon=True
        )
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def app():
    async def size(request):
        return JSONResponse({"size": len(await request.body())})

    async def slow(_):
        async def give():
            for _ in range(8):
                yield b"x"
                time.sleep(0.1)

        return StreamingResponse(give())

    return Starlette(routes=[Route("/", size, methods=["POST"]), Route("/slow", slow)])


@pytest.fixture
def quick_deadlines(monkeypatch):
    monkeypatch.setattr(deadlines, "REQUEST_S", 0.4)


def connected(port):
    return closing(socket.create_connection(("127.0.0.1", port), timeout=20))


def ends(client, while_sending=b""):
    """Whether the server closes a connection within ten seconds."""
    client.settimeout(0.05)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            client.sendall(while_sending)
            return client.recv(100) == b""
        except TimeoutError:
            continue
        except OSError:  # reset, or a broken pipe
            return True
    return False


def test_answers_are_not_held_back(app):
    """Without TCP_NODELAY each one waits 40 ms for an acknowledgement."""
    took_s = []
    with running(app) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        for _ in range(20):
            began = time.perf_counter()
            connection.request("POST", "/", b"abc")
            assert connection.getresponse().read() == b'{"size":3}'
            took_s.append(time.perf_counter() - began)
        connection.close()
    # The best of them: a busy machine is late too, but not each time.
    assert min(took_s[1:]) < 0.03
    with listen(0) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_a_port_that_is_taken():
    with listen(0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(SetupError, match=f"port {port} cannot be used"):
            listen(port)


@pytest.mark.usefixtures("quick_deadlines")
@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: 127",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
    ],
)
def test_half_a_request_is_closed(app, sent):
    with running(app) as port, connected(port) as client:
        client.sendall(sent)
        assert ends(client)


@pytest.mark.usefixtures("quick_deadlines")
def test_a_request_that_comes_drop_by_drop_is_closed(app):
    """Each byte is in time; the request is not."""
    with running(app) as port, connected(port) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n")
        assert ends(client, while_sending=b"x")


@pytest.mark.usefixtures("quick_deadlines")
def test_a_long_answer_is_not_cut_off(app):
    with running(app) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/slow")
        assert connection.getresponse().read() == b"x" * 8
        time.sleep(0.5)  # nor is a connection that is kept
        connection.request("POST", "/", b"abc")
        assert connection.getresponse().read() == b'{"size":3}'
        connection.close()


def test_a_steady_body_may_take_longer(app, monkeypatch):
    monkeypatch.setattr(deadlines, "REQUEST_S", 0.4)
    monkeypatch.setattr(deadlines, "SLOWEST_BYTES_PER_S", 1000)
    with running(app) as port, connected(port) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n")
        for _ in range(10):
            client.sendall(b"x" * 200)
            time.sleep(0.1)
        assert b'{"size":2000}' in client.recv(1000)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_answered_readably(tmp_path, chunked):
    """The client sends all of it before it reads."""
    app = create_api()
    credentials = Credentials.load(tmp_path)
    add_security(app, credentials)
    token = (tmp_path / "api-token").read_text().strip()
    parts = [b"x" * MIB] * 8
    with running(app) as port:
        for path, headers, status, said in (
            (
                "/p/study/api/undo",
                {"Authorization": f"Bearer {token}"},
                413,
                "1048576 bytes",
            ),
            ("/p/study/api/undo", {}, 401, "not signed in"),
        ):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request(
                "POST",
                path,
                iter(parts) if chunked else b"".join(parts),
                {"Host": "127.0.0.1", **headers},
                encode_chunked=chunked,
            )
            answer = connection.getresponse()
            assert answer.status == status
            assert said in json.loads(answer.read())["error"]
            connection.close()


def test_work_in_the_background_gives_way_to_answers(project, monkeypatch, tmp_path):
    """Or an answer waits 5 ms for the lock at each of its statements."""
    turn, seen = sys.getswitchinterval(), []
    monkeypatch.setattr(
        Server, "run", lambda *_, **__: seen.append(sys.getswitchinterval())
    )
    try:
        projects = projects_in(tmp_path)
        projects.adopt(project)
        serve(projects, port=0, announce=lambda _link: None)
    finally:
        sys.setswitchinterval(turn)
    assert seen == [pytest.approx(SWITCH_S)]
    assert turn > SWITCH_S
