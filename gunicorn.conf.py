"""The pages' server; gunicorn reads this file by itself, here and in the image. What the command
line says wins.

Whoever is slow must hold nobody else: a browser has seconds to send its request, an idle connection
is let go, and a worker that hangs is started anew. A proxy that takes whole requests in before it
passes them on stands in front (docs/deploy.md); these limits are what holds where one is missing,
and behind it.
"""

import socket
import struct

SLOWEST = 10  # seconds between two words of a client, either way

worker_class = "gthread"
workers = 2
threads = 4
backlog = 256  # more than can be answered in time are better refused at once
timeout = 30  # seconds without a sign of life from a worker
keepalive = 5  # seconds an idle connection is kept
worker_connections = 400  # open at once for each worker, idle ones too
limit_request_line = 8190  # an address of 8,000 signs is refused in words (mila.web.request_limits)
limit_request_fields = 60
limit_request_field_size = 8190
max_requests = 5000  # then a fresh worker takes over: whatever leaks, leaks no further (fault F11)
max_requests_jitter = 500
control_socket_disable = True
logger_class = "mila.web.access_log.WebLog"


def when_ready(server):
    """Linux hands the listener's time-outs on to each connection: a body that stops half-way frees
    its thread.
    """
    for listener in server.LISTENERS:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", SLOWEST, 0))
