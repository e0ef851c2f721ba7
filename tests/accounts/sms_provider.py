"""A provider of text messages on loopback: takes signed requests, remembers them, answers by its
mood.
"""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "k" * 40


class Provider:
    def __init__(self):
        self.asked = []  # (headers, body) of each request
        self.mood = "accept"

    @property
    def texts(self):
        return [json.loads(body) for _headers, body in self.asked]


@contextmanager
def sms_provider():
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            provider.asked.append(
                ({name.lower(): value for name, value in self.headers.items()}, body)
            )
            if provider.mood == "hang_up":
                self.close_connection = True
                return
            status = {"accept": 202, "refuse": 422, "broken": 503}.get(provider.mood, 302)
            answer = json.dumps({"id": f"text-{len(provider.asked)}"}).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("location", provider.mood)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}/send"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
