# The conversation of conversation.mjs by Debian's python3-websockets: python3 client.py URL deflate|plain
import asyncio, json, ssl, sys
import websockets

def bytes_of(length):
    return bytes(((at * 7 + (at >> 8)) & 0xFF) for at in range(length))

messages = (
    ["hello", "文字 😀", "多" * 65536, "x" * 125, "x" * 126]
    + ["y" * length for length in (65535, 65536, 65537, 2**20)]
    + [bytes_of(length) for length in (0, 1, 125, 126, 65535, 65536, 65537, 2**20)]
    + [""]
    + [f"message {at} in order" for at in range(1000)]
)

async def main():
    url, compression = sys.argv[1], ("deflate" if sys.argv[2] == "deflate" else None)
    options = {"ssl": ssl._create_unverified_context()} if url.startswith("wss:") else {}
    problems, did = [], []

    def connect():
        return websockets.connect(
            url, subprotocols=["b", "a"], compression=compression, max_size=2**25, max_queue=None, **options
        )

    async with connect() as socket:
        async def send_all():
            for message in messages:
                await socket.send(message)

        sending = asyncio.create_task(send_all())
        for message in messages:
            if await socket.recv() != message:
                problems.append(f"a message of {len(message)} came back different")
        await sending

        await socket.send("please ping")
        if await socket.recv() == "ponged":
            did.append("answers pings")
        await socket.send("please fragment")
        if await socket.recv() != "fragmented":
            problems.append("fragments came wrong")
        await asyncio.wait_for(await socket.ping(b"are you there"), 10)
        did.append("pings")

        async def fragments():
            for piece in ("frag", "文", "", "ted"):
                yield piece

        await socket.send(fragments())
        if await socket.recv() == "frag文ted":
            did.append("fragments")
        else:
            problems.append("a fragmented message came back different")
        await socket.close(4001, "再见")
    if socket.close_code != 4001 or socket.close_reason != "再见":
        problems.append(f"closed with {socket.close_code} {socket.close_reason}")

    async with connect() as second:
        await second.send("please close")
        await second.wait_closed()
    if second.close_code != 4002 or second.close_reason != "会合":
        problems.append(f"the server's close came as {second.close_code} {second.close_reason}")
    print(json.dumps({"protocol": socket.subprotocol, "problems": problems, "did": did}))

asyncio.run(main())
