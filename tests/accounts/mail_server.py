"""A mail server on the loopback that accepts, refuses or hangs up, for tests of what is sent how
often.
"""

import socketserver
import threading
from contextlib import contextmanager


class MailServer(socketserver.ThreadingTCPServer):
    """`mood`: accept, refuse (answers 450 to the recipient), hang_up (takes the message and never
    answers).
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.mood = "accept"
        self.received: list[str] = []

    @property
    def port(self) -> int:
        return self.server_address[1]


class Conversation(socketserver.StreamRequestHandler):
    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline().decode().strip().upper():
            if line.startswith("RCPT") and self.server.mood == "refuse":
                self.say("450 later")
            elif line == "DATA":
                self.say("354 go on")
                self.server.received.append(self.message())
                if self.server.mood == "hang_up":
                    return
                self.say("250 taken")
            elif line == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def message(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode()) != ".\r\n":
            lines.append(line)
        return "".join(lines)


@contextmanager
def mail_server():
    server = MailServer()
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
