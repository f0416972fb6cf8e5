"""A client in another language: the protocol by hand over Debian's python3-websockets, which negotiates deflate itself.

Reads one JSON object a line on stdin ({"url", "token"} first, then commands); writes each message that comes as
one line on stdout, and how the line ended: {"closed": code}."""
import asyncio
import json
import sys

import websockets


async def from_stdin(loop):
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def say(value):
    print(json.dumps(value), flush=True)


async def listen(socket):
    try:
        async for message in socket:
            for line in message.split("\n"):
                if line == "{}":
                    await socket.send("{}")
                else:
                    say(json.loads(line))
    except websockets.ConnectionClosed:
        pass
    say({"closed": socket.close_code})


async def main():
    commands = await from_stdin(asyncio.get_running_loop())
    first = json.loads(await commands.readline())
    async with websockets.connect(first["url"]) as socket:
        say({"extensions": [type(e).__name__ for e in socket.extensions]})
        heard = asyncio.create_task(listen(socket))
        while line := await commands.readline():
            await socket.send(line.decode().rstrip("\n"))
        await socket.close()
        await heard


asyncio.run(main())
