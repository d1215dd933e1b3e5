import asyncio
import json
import threading
import time

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.sse import EventSourceResponse

from feltline.errors import StoreError
from feltline.server import event_stream
from feltline.server.event_stream import MAX_UNREAD, EventBroadcaster


@pytest.fixture
def events():
    return EventBroadcaster()


def data_of(event):
    return json.loads(event.raw_data)


def test_a_listener_is_told_where_it_stands_and_what_follows(events):
    async def main():
        stream = events.stream(lambda: 7)
        got = [await anext(stream)]
        events.publish("progress", {"done": 1})
        got.append(await anext(stream))
        events.close()
        return got, [event async for event in stream]

    (hello, progress), rest = asyncio.run(main())
    assert (hello.event, data_of(hello), hello.retry) == (
        "hello",
        {"last_event_id": 7},
        1000,
    )
    assert (progress.event, data_of(progress)) == ("progress", {"done": 1})
    assert rest == []
    assert events._listeners == {}


@pytest.mark.parametrize("fails", [False, True])
def test_who_may_not_listen_any_more_is_told_nothing_more(events, monkeypatch, fails):
    monkeypatch.setattr(event_stream, "CHECK_S", 0.02)
    may_listen = [True]

    def is_still_open():
        if fails and not may_listen[0]:
            raise StoreError("the accounts are out of reach")
        return may_listen[0]

    async def main():
        stream = events.stream(lambda: 7, is_still_open)
        await anext(stream)
        await asyncio.sleep(0.1)
        events.publish("progress", {"done": 1})
        assert (await anext(stream)).event == "progress"
        may_listen[0] = False
        return [event async for event in stream]

    assert asyncio.run(main()) == []
    assert events._listeners == {}


def test_a_slow_listener_is_told_to_look_afresh(events):
    async def main():
        stream = events.stream(lambda: 0)
        await anext(stream)
        for n in range(MAX_UNREAD + 1):
            events.publish("progress", {"done": n})
        await asyncio.sleep(0.05)
        return await anext(stream), await anext(stream)

    hello, progress = asyncio.run(main())
    assert (hello.event, data_of(hello)) == ("hello", {"last_event_id": None})
    assert data_of(progress) == {"done": MAX_UNREAD}


def test_the_database_is_not_asked_on_the_event_loop(events):
    """A slow one would keep every other request from being answered."""
    asked_in = []

    def last_event_id():
        asked_in.append(threading.current_thread())
        time.sleep(0.2)
        return 1

    async def main():
        stream = events.stream(last_event_id)
        hello = asyncio.create_task(anext(stream))
        turns = 0
        while not hello.done():
            await asyncio.sleep(0.01)
            turns += 1
        return turns

    assert asyncio.run(main()) > 3
    assert asked_in != [threading.main_thread()]


def test_nothing_is_lost_between_the_question_and_the_answer(events):
    def last_event_id():
        events.publish("changed", {"event_id": 8})
        return 7

    async def main():
        stream = events.stream(last_event_id)
        return [await anext(stream) for _ in range(2)]

    hello, changed = asyncio.run(main())
    assert data_of(hello) == {"last_event_id": 7}
    assert data_of(changed) == {"event_id": 8}


def test_a_stream_ends_where_the_database_is_gone(events, caplog):
    def last_event_id():
        raise StoreError("the database is gone")

    async def main():
        return [event async for event in events.stream(last_event_id)]

    assert asyncio.run(main()) == []
    assert "the database is gone" in caplog.text
    assert events._listeners == {}


def test_it_ends_at_once_after_closing(events):
    events.close()

    async def main():
        return [event async for event in events.stream(lambda: 0)]

    assert asyncio.run(main()) == []


def test_on_the_wire(events):
    app = FastAPI()

    @app.get("/stream", response_class=EventSourceResponse)
    async def stream():
        async for event in events.stream(lambda: 3):
            yield event
            events.close()

    async def main():
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://a") as http:
            return await http.get("/stream")

    answer = asyncio.run(main())
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == 'event: hello\ndata: {"last_event_id": 3}\nretry: 1000\n\n'
