# The conversation by Debian's python3-websockets: python3 client.py URL deflate|plain
import asyncio, json, ssl, sys
import websockets

def bytes_of(length):
    return bytes(((at * 7 + (at >> 8)) & 0xFF) for at in range(length))

async def main():
    url, compression = sys.argv[1], ("deflate" if sys.argv[2] == "deflate" else None)
    options = {"ssl": ssl._create_unverified_context()} if url.startswith("wss:") else {}
    problems = []
    async with websockets.connect(url, subprotocols=["b", "a"], compression=compression, max_size=2**25, **options) as socket:
        texts = ["hello", "文字 😀", "", "x" * 126, "y" * 65535, "多" * 65536, "z" * 2**20]
        for sent in texts + [bytes_of(length) for length in (0, 1, 126, 65536, 300000)]:
            await socket.send(sent)
            if await socket.recv() != sent:
                problems.append("a message came back different")
        async def fragments():
            for piece in ("frag", "men", "", "ted"):
                yield piece
        await socket.send(fragments())
        if await socket.recv() != "fragmented":
            problems.append("a fragmented message came back different")
        await asyncio.wait_for(await socket.ping(b"are you there"), 10)
        extensions = socket.response_headers.get("Sec-WebSocket-Extensions", "")
        await socket.close(4001, "再见")
    if socket.close_code != 4001:
        problems.append(f"closed with {socket.close_code}")
    print(json.dumps({"protocol": socket.subprotocol, "extensions": extensions, "problems": problems}))

asyncio.run(main())
