"""A server of a few lines for the window's tests: health, accounts and sessions; started like the real one, ends like the real one.

``python -m tests.helpers.fake_server [--port N] [--crash-after S] [--fail TEXT] [--slow S]``
"""

import argparse
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

SESSION = {
    "id": "s1",
    "account": "ada",
    "created_at": 1,
    "last_seen_at": 1,
    "idle_expires_at": 1,
    "expires_at": 1,
    "address": "127.0.0.1",
    "user_agent": "",
}


class Handler(BaseHTTPRequestHandler):
    """Answers what signing in asks."""

    accounts: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        if self.path == "/health":
            self.answer(200, {"status": "ok", "version": "0", "epoch": "e", "needs_account": not self.accounts})
        elif self.headers.get("Authorization") == "Bearer good":
            self.answer(200, SESSION if self.path == "/sessions/current" else {})
        else:
            self.problem(401, "Your session has ended", "Sign in again.")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.path == "/accounts":
            self.accounts[body["name"]] = body["password"]
            self.answer(201, {"name": body["name"], "created_at": 1})
        elif self.accounts.get(body.get("name")) == body.get("password"):
            self.answer(201, {"token": "good", "session": {**SESSION, "account": body["name"]}})
        else:
            self.problem(401, "Name or password is wrong", "Check both, and whether Caps Lock is on.")

    def do_DELETE(self) -> None:
        self.send_response(204)
        self.end_headers()

    def problem(self, status: int, title: str, hint: str) -> None:
        self.answer(status, {"type": "urn:x", "title": title, "status": status, "hint": hint})

    def answer(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--crash-after", type=float, default=0)
    parser.add_argument("--fail", default="")
    parser.add_argument("--slow", type=float, default=0)
    args = parser.parse_args()
    if args.fail:
        sys.exit(args.fail)
    threading.Thread(target=leave_with_input, daemon=True).start()
    server = ThreadingHTTPServer(("127.0.0.1", args.port), Handler)
    time.sleep(args.slow)
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_address[1]}", "pid": os.getpid()}), flush=True)
    if args.crash_after:
        threading.Timer(args.crash_after, crash).start()
    server.serve_forever()


def leave_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def crash() -> None:
    sys.stderr.write("ValueError: the reactor is hot\n")
    sys.stderr.flush()
    os._exit(3)


if __name__ == "__main__":
    main()
