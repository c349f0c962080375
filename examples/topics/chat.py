"""A member of a room, in Python with python3-websockets and nothing else of bothways.v1.

    python3 chat.py NAME [URL]

What is typed is published once, also when the connection is lost before the answer; what others say is printed, and
after a lost connection nothing is missing and nothing comes twice.
"""
import asyncio
import json
import random
import secrets
import sys
from collections import deque

import websockets

NAME = sys.argv[1]
URL = sys.argv[2] if len(sys.argv) > 2 else "ws://127.0.0.1:8080/bothways"
TOPIC = "room/42"

position = None  # of the last publication that has come
unanswered = deque()  # publications without an answer, in their order


async def converse(socket, typed):
    global position
    join = {"type": "subscribe", "id": 0, "topic": TOPIC, "last": 10, "presence": {"name": NAME}}
    if position is not None:
        join["since"] = position
    await socket.send(json.dumps(join))
    # Again, with their keys: what has arrived before is not there twice.
    for publish in unanswered:
        await socket.send(json.dumps(publish))

    async def send():
        while True:
            text = await typed.get()
            publish = {
                "type": "publish",
                "id": secrets.token_hex(8),
                "topic": TOPIC,
                "data": {"name": NAME, "text": text},
                "key": secrets.token_urlsafe(16),
            }
            unanswered.append(publish)
            try:
                await socket.send(json.dumps(publish))
            except websockets.ConnectionClosed:
                return

    sending = asyncio.create_task(send())
    try:
        async for frame in socket:
            message = json.loads(frame)
            kind = message["type"]
            if kind == "subscribed":
                position = message.get("position", position)
                if message.get("recovered") is False:
                    print("… something is missing here …", flush=True)
                print(f"{len(message.get('members', []))} here", flush=True)
            elif kind == "publication":
                position = message["position"]
                data = message["data"]
                print(f"{data['name']}: {data['text']}", flush=True)
            elif kind in ("joined", "left"):
                print(kind, message.get("member", message), flush=True)
            elif kind == "published":
                unanswered.popleft()
            elif kind == "error":
                print(message["code"], message["message"], flush=True)
                if message["retryable"]:
                    return  # and come back
                if any(message.get("id") == publish["id"] for publish in unanswered):
                    unanswered.popleft()
            elif kind == "goodbye":
                await asyncio.sleep(message["retryAfterMs"] / 1000)
    finally:
        sending.cancel()


async def main():
    typed = asyncio.Queue()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, lambda: read_line(typed, loop))
    wait = 0.5
    while True:
        try:
            async with websockets.connect(URL, subprotocols=["bothways.v1"]) as socket:
                wait = 0.5
                await converse(socket, typed)
        except (OSError, websockets.WebSocketException):
            pass
        # By chance, so that clients do not come back together.
        await asyncio.sleep(random.uniform(0, wait))
        wait = min(2 * wait, 30)


def read_line(typed, loop):
    line = sys.stdin.readline()
    if line:
        typed.put_nowait(line.rstrip("\n"))
    else:
        loop.remove_reader(sys.stdin)


asyncio.run(main())
