# Debian's python3-socketio at the server of scene.ts: python3 client.py URL polling|websocket|upgrade NAMESPACE
import json, queue, sys
import socketio

url, way, namespace = sys.argv[1:4]
transports = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": None}[way]
client = socketio.Client(reconnection=False)
heard = {name: queue.Queue() for name in ("welcome", "bytes", "told", "end", "disconnect")}

for name in ("welcome", "bytes", "told", "end"):
    client.on(name, lambda *args, name=name: heard[name].put(list(args)), namespace=namespace)
client.on("disconnect", lambda: heard["disconnect"].put([]), namespace=namespace)

def next_of(name):
    return heard[name].get(timeout=20)

client.connect(url, transports=transports, namespaces=[namespace], wait_timeout=20)
welcome = next_of("welcome")
answer = client.call("ask", ("äöü ✓ 文字 😀", {"deep": [1, None]}), namespace=namespace, timeout=20)
client.emit("bytes", (b"\x00\x01\xfe\xff", {"deep": [b"\x07" * 100_000]}), namespace=namespace)
first, second = next_of("bytes")
client.call("join", "room", namespace=namespace, timeout=20)
for room in ("nobody", "room"):
    client.emit("tell", (room, f"to {room}"), namespace=namespace)
told = next_of("told")
transport = client.transport()
at_server = client.call("transport", namespace=namespace, timeout=20)
client.emit("throw me out", namespace=namespace)
next_of("disconnect")
client.disconnect()
print(
    json.dumps(
        {
            "welcome": welcome,
            "answer": answer,
            "bytes": [list(first), second["deep"][0] == b"\x07" * 100_000],
            "told": told,
            "transport": transport,
            "atServer": at_server,
        }
    )
)
