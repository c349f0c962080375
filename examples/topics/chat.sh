#!/bin/sh
# A chat with nothing but curl: what is typed is published, what others say is printed.
#   sh chat.sh NAME [URL]
name=${1:?'sh chat.sh NAME [URL]'}
url=${2:-http://127.0.0.1:8080/bothways}

folder=$(mktemp -d)
mkfifo "$folder/events"
: >"$folder/seen"

# Comes back when the connection is lost, behind the last event that came whole: its `id` says which.
listen() {
  while :; do
    id=$(cat "$folder/seen")
    curl -sN ${id:+-H "Last-Event-ID: $id"} "$url/events?topic=room/42&last=10" >"$folder/events" &
    echo $! >"$folder/curl"
    while IFS= read -r line; do
      case $line in
        'id: '*) next=${line#id: } ;;
        'event: '*) event=${line#event: } ;;
        'data: '*) data=${line#data: } ;;
        '') # An empty line ends an event.
          [ "$event" = publication ] && printf '%s\n' "$data"
          [ -n "$next" ] && printf '%s' "$next" >"$folder/seen"
          event= data= next=
          ;;
      esac
    done <"$folder/events"
    sleep 1
  done
}

listen &
listener=$!
trap 'kill $listener $(cat "$folder/curl") 2>/dev/null; rm -r "$folder"' EXIT
trap 'exit' INT TERM

# JSON wants backslashes and quotes escaped.
escaped() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g'; }

while IFS= read -r text; do
  # With a key of its own it is there once, also when curl has to send it again.
  key=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  curl -sS -o /dev/null --fail-with-body --retry 5 --retry-connrefused -H 'Content-Type: application/json' \
    -d "{\"topic\":\"room/42\",\"key\":\"$key\",\"data\":{\"name\":\"$(escaped "$name")\",\"text\":\"$(escaped "$text")\"}}" \
    "$url/publish"
done
