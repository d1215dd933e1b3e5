"""Requests to an ASGI application without a server, byte for byte."""

import asyncio
import json
from dataclasses import dataclass, field

HOST = "127.0.0.1:8771"


@dataclass
class Answer:
    """What came back, and in which parts."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    parts: list[bytes] = field(default_factory=list)
    unread: list[bytes] = field(default_factory=list)

    @property
    def body(self):
        return b"".join(self.parts)

    @property
    def error(self):
        return json.loads(self.body)["error"]


def ask(app, method="GET", target="/", headers=None, body=(b"",), **scope):
    """Send one request and wait for the answer.

    `body` comes in these parts; headers are given as a mapping or, to repeat a name,
    as pairs.
    """
    given = headers or {}
    pairs = list(given.items() if isinstance(given, dict) else given)
    if not any(name.lower() == "host" for name, _ in pairs):
        pairs.append(("Host", HOST))
    path, _, query = target.partition("?")
    asked = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(n.lower().encode(), v.encode("latin-1")) for n, v in pairs],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8771),
        **scope,
    }
    answer = Answer()
    parts = list(body)

    async def receive():
        if not parts:
            return {"type": "http.disconnect"}
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message):
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            for name, value in message["headers"]:
                answer.headers[name.decode()] = value.decode("latin-1")
        else:
            answer.parts.append(message.get("body", b""))

    asyncio.run(app(asked, receive, send))
    answer.unread = parts
    return answer
