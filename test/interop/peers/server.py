# An echo server by Debian's python3-websockets; prints its port. Ends when standard input does.
import asyncio, ssl, sys
import websockets

async def echo(socket, *_):
    async for message in socket:
        await socket.send(message)

async def main():
    context = None
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
    async with websockets.serve(echo, "127.0.0.1", 0, subprotocols=["a"], max_size=2**25, ssl=context) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(main())
