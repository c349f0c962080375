export type CommandName = 'serve' | 'echo' | 'connect' | 'doctor'

const general = `bothways: WebSocket servers and clients on the command line

  bothways serve            the page and all protocols on one port
  bothways echo             a plain echo server, for testing clients
  bothways connect URL      talk to any WebSocket server
  bothways doctor URL       say why a WebSocket does not connect, and the cure

  bothways COMMAND --help   what a command can do, with examples
  bothways --version

Try it in two terminals:

  bothways echo
  bothways connect ws://127.0.0.1:9001/
`

const commands: Readonly<Record<CommandName, string>> = {
  serve: `bothways serve: the page and all protocols on one port

  --port N       default 8080; 0 takes any that is free
  --host H       default 127.0.0.1, this machine alone; 0.0.0.0 or :: for every network
  --origin O     lets pages of another origin connect, such as https://example.com; may be repeated,
                 null stands for pages opened from a file
  --allow-host H answers for this host as well, such as a proxy's chat.example.com; may be repeated. Without it:
                 localhost, --host, and the address that was connected to
  --allow-probe  the page's "Find out why" may try any address, for readers anywhere; without it only addresses of
                 this machine, for readers on it
  --no-page      only what the page talks to

It serves /echo, /chat, /monitor and /compare over WebSocket, /healthz and /metrics over HTTP, the chat
also to clients of Socket.IO, and ends in order on Ctrl-C.

  bothways serve --port 0
  bothways serve --host 0.0.0.0 --origin https://example.com
  bothways serve --allow-host chat.example.com
`,
  echo: `bothways echo: answers every message with the same message, on every path

  --port N               default 9001; 0 takes any that is free
  --host H               default 127.0.0.1, this machine alone; 0.0.0.0 or :: for every network
  --no-compression       do not agree to permessage-deflate
  --max-payload BYTES    the largest message, default 67108864 (64 MiB)
  -v, --verbose          show on standard error who connects, what comes, and how it ends

It takes the first subprotocol that is offered, and connections from any page.

  bothways echo --port 9001
  echo hello | bothways connect ws://127.0.0.1:9001/
`,
  connect: `bothways connect URL: talk to a WebSocket server

  -s, --protocol P       offer a subprotocol; may be repeated, best first
  -H, --header 'N: v'    send a header with the handshake; may be repeated
      --auth USER:PASS   log in by HTTP's Basic scheme
  -o, --origin O         send an Origin, as a browser would
  -n, --insecure         accept any TLS certificate: for tests only
      --ca FILE          trust the certificates of this PEM file instead of the usual ones
      --cert FILE        the certificate of this client, PEM; with --key
      --key FILE         its private key, PEM
      --proxy URL        go through this HTTP proxy (CONNECT), http://user:password@host:port; none: through none.
                         Default: https_proxy, http_proxy, all_proxy and no_proxy of the environment
      --no-compression   do not offer permessage-deflate
      --max-payload BYTES  the largest message to receive, default 67108864 (64 MiB)
      --ping SECONDS     send a ping whenever nothing has come for so long, 1 to 86400; default 25
  -x, --execute MESSAGE  send this instead of reading input, then end as a pipe does; may be repeated
      --binary           send every line as bytes instead of text
      --json             print one JSON object for each event; bytes are base64
  -w, --wait SECONDS     from a pipe, or with -x: how long to wait for replies after the last line, default 2
  -v, --verbose          show the handshake, pings and pongs

On a terminal every line is sent as a message; a line that begins with a slash is a command (/help lists them).
The lines are kept in ~/.bothways_history, or where BOTHWAYS_HISTORY says; empty, nowhere.

From or into a pipe every line is sent, and every message that comes is printed on a line of its own, bytes in hex;
all else goes to standard error. It ends when there have been as many messages as lines, or none for the time of
--wait. Exit code: 0 all sent and ended in order, 1 no connection or one that failed, 2 wrong use.

  bothways connect ws://127.0.0.1:8080/echo
  bothways connect wss://example.com/chat --protocol chat.v2 --header 'Authorization: Bearer …'
  printf 'one\\ntwo\\n' | bothways connect ws://127.0.0.1:8080/echo
  bothways connect wss://example.com/chat --auth me:secret -x '{"type":"hello"}'
  bothways connect wss://example.com/feed --json --wait 60 < /dev/null
`,
  doctor: `bothways doctor URL: why does it not connect? Tries step by step, compares, and names the cause with its cure
bothways doctor explain "TEXT": what a message of a browser, Node.js or a library means; works offline
bothways doctor FILE.har: the same for the WebSockets of a browser's recording
bothways doctor behind URL --listen PORT: what a proxy changes between the URL and that port of this machine

  --json                 print the findings as one JSON object
  --origin O             the page's origin; default: the server's own
  --protocol P           offer a subprotocol; may be repeated
  --header 'Name: value' send a header with each request; may be repeated
  --insecure             say nothing about the TLS certificate
  --idle SECONDS         look for an idle time-out, with and without pings
  --size BYTES           send one message of that size
  --security             look also at what an attacker could use
  --lang en|zh           the language of the findings; default: the locale's

It opens and closes connections and sends no message, unless --size asks for one. Exit code: 0 healthy, 1 a problem was
found, 2 wrong use.

  bothways doctor ws://localhost:8080/chat
  bothways doctor wss://example.com/ws --origin https://app.example.com --json
  bothways doctor explain "Unexpected response code: 404"
  bothways doctor behind wss://my.site/ws --listen 9000 --wait 60 --idle 130
`,
}

export function helpText(command?: CommandName): string {
  return command === undefined ? general : commands[command]
}
