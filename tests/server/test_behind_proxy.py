"""Behind nginx and Caddy, by the files of docs/serving.md, where these are there."""

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.server.people import PASSWORD, team_of

from feltline.server.run import Server, config_of, listen

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
OPENSSL = shutil.which("openssl")
CADDY = shutil.which("caddy")
FILES = Path(__file__).parents[2] / "docs/serving"
MIB = 2**20
NEEDED = (("openssl", OPENSSL),)

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def free_port():
    with closing(listen(0)) as taken:
        return taken.getsockname()[1]


def nginx_in(folder, port, backend):
    """What runs the documented file, but for name, ports and certificate."""
    text = (FILES / "nginx.conf").read_text(encoding="utf-8")
    for path in re.findall(r"/etc/letsencrypt/\S+/(fullchain|privkey)\.pem", text):
        text = re.sub(
            rf"/etc/letsencrypt/\S+/{path}\.pem", f"{folder}/{path}.pem", text
        )
    text = text.replace("127.0.0.1:8771", f"127.0.0.1:{backend}")
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace("listen 80", f"listen 127.0.0.1:{free_port()}")
    kept = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\n"
        f"error_log {folder}/log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{kept}{text}}}\n",
        encoding="utf-8",
    )
    return [NGINX, "-c", whole, "-p", folder]


def caddy_in(folder, port, backend):
    """The same of Caddy, which asks nobody for a certificate here."""
    text = (FILES / "Caddyfile").read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:8771", f"127.0.0.1:{backend}")
    site = "label.example.org {"
    assert site in text
    own = (
        f"https://label.test:{port} {{\n\tbind 127.0.0.1\n"
        f"\ttls {folder}/fullchain.pem {folder}/privkey.pem"
    )
    whole = folder / "Caddyfile"
    whole.write_text(
        "{\n\tadmin off\n\tdefault_sni label.test\n"
        "\tauto_https disable_redirects\n\tservers {\n\t\tprotocols h1 h2\n\t}\n}\n"
        + text.replace(site, own),
        encoding="utf-8",
    )
    return [CADDY, "run", "--config", whole, "--adapter", "caddyfile"]


PROXIES = {"nginx": (NGINX, nginx_in), "caddy": (CADDY, caddy_in)}


@contextmanager
def proxied(kind, folder, backend, port):
    subprocess.run(
        [
            *(
                OPENSSL or "",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
            ),
            *("-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"),
            *("-subj", "/CN=label.test", "-addext", "subjectAltName=DNS:label.test"),
        ],
        check=True,
        capture_output=True,
    )
    command, log = PROXIES[kind][1](folder, port, backend), folder / "said"
    own = {"HOME": f"{folder}", "XDG_DATA_HOME": f"{folder}"}
    with (
        log.open("wb") as said,
        subprocess.Popen(command, stderr=said, env=os.environ | own) as proxy,
    ):
        try:
            until = time.monotonic() + 20
            while time.monotonic() < until and proxy.poll() is None:
                with closing(socket.socket()) as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.02)
            assert proxy.poll() is None, log.read_text()
            yield
        finally:
            proxy.terminate()
            proxy.wait(20)


class Visitor:
    """A client of the proxy, with its cookies."""

    def __init__(self, port):
        self.port, self.cookies, self.host = port, {}, f"label.test:{port}"

    def ask(self, method, path, body=None, **headers):
        # Its certificate was made a moment ago, for this test alone.
        context = ssl._create_unverified_context()  # noqa: S323
        there = http.client.HTTPSConnection(
            "127.0.0.1", self.port, context=context, timeout=30
        )
        cookie = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
        given = {"Host": self.host, "Cookie": cookie} | headers
        there.request(method, path, body=body, headers=given)
        answer = there.getresponse()
        for line in answer.headers.get_all("set-cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return there, answer

    def read(self, method, path, body=None, **headers):
        there, answer = self.ask(method, path, body, **headers)
        with closing(there):
            return answer.status, answer.read().decode()

    def sign_in(self, name, password=PASSWORD, **headers):
        _, page = self.read("GET", "/sign-in", Accept="text/html")
        hidden = r'<input type="hidden" name="(\w+)" value="([^"]*)"'
        fields = dict(re.findall(hidden, page)) | {"name": name, "password": password}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.read("POST", "/sign-in", urlencode(fields), **kind, **headers)


@pytest.fixture(params=PROXIES)
def served(request, tmp_path, project_template):
    """A team behind a proxy, and what a visitor needs to get there."""
    for name, program in ((request.param, PROXIES[request.param][0]), *NEEDED):
        if program is None:
            lack = f"{name} is not installed; install it (apt install {name})"
            if os.environ.get("CI") == "true":
                pytest.fail(lack)
            pytest.skip(lack)
    shutil.copytree(project_template[0], tmp_path / "study")
    port = free_port()
    public = f"https://label.test:{port}"
    folder = tmp_path / "proxy"
    folder.mkdir()
    with team_of(tmp_path / "home", tmp_path / "study", public=public) as team:
        team.add("anna", "owner")
        with listen(0) as listening:
            config = config_of(team.app, ["127.0.0.1"])
            server = Server(config, team.projects.end_streams)
            thread = threading.Thread(
                target=server.run, kwargs={"sockets": [listening]}, daemon=True
            )
            thread.start()
            try:
                with proxied(request.param, folder, listening.getsockname()[1], port):
                    yield team, port
            finally:
                server.should_exit = True
                thread.join(20)


def test_a_team_behind_a_proxy(served):
    team, port = served
    visitor = Visitor(port)
    assert visitor.read("GET", "/api/me")[0] == 401
    # Whoever writes a header does not become somebody else.
    status, _ = visitor.sign_in("anna", "wrong", **{"X-Forwarded-For": "198.51.100.9"})
    assert status == 401
    with team.accounts._reading() as connection:
        rows = connection.exec_driver_sql("SELECT caller FROM sign_in_failures")
        assert rows.scalars().all() == ["127.0.0.0/24"]
    origin = {"Origin": f"https://label.test:{port}"}
    assert visitor.sign_in("anna", **origin)[0] == 303
    assert any(name.startswith("__Host-") for name in visitor.cookies)
    status, text = visitor.read("GET", "/p/study/api/session")
    assert status == 200
    csrf = {"X-CSRF-Token": json.loads(text)["csrf"], **origin}
    large = b"a" * (3 * MIB)
    status, text = visitor.read(
        "POST", "/p/study/api/uploads?name=a.mp4", large, **csrf
    )
    assert (status, json.loads(text)["n_bytes"]) == (200, len(large))
    there, stream = visitor.ask("GET", "/p/study/api/stream")
    with closing(there):
        assert stream.readline().startswith(b"event: hello")
    visitor.host = "evil.test"
    status, text = visitor.read("GET", "/sign-in")
    # Caddy answers nothing, with 200, under a name that is none of its own.
    assert status in (400, 421) or text == ""
