"""Run the peer on a free port, by the server that the service has: `python -m tests.bench.peer`."""

import uvicorn

from service.serving import address, listen
from tests.bench.peer.app import app

with listen("127.0.0.1", 0) as sock:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    print(f"listening on {address(sock)}", flush=True)
    server.run(sockets=[sock])
