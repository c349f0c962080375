# The server of the conversation by Debian's python3-websockets: python3 server.py deflate|plain [CERTIFICATE KEY].
# Prints its port. Ends when standard input does.
import asyncio, ssl, sys
import websockets

async def pieces():
    for piece in ("frag", "men", "", "ted"):
        yield piece

async def serve(socket, *_):
    async for message in socket:
        if message == "please ping":
            await (await socket.ping(b"are you there"))
            await socket.send("ponged")
        elif message == "please fragment":
            await socket.send(pieces())
        elif message == "please close":
            await socket.close(4002, "会合")
        else:
            await socket.send(message)

async def main():
    compression = "deflate" if sys.argv[1] == "deflate" else None
    context = None
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
    options = {"subprotocols": ["a"], "max_size": 2**25, "ssl": context, "compression": compression}
    async with websockets.serve(serve, "127.0.0.1", 0, **options) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(main())
