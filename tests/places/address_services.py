"""Both national services on loopback, in the shape of their answers: they remember what they were
asked, and answer by their mood.
"""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from django.test import override_settings


def french(name, postcode="69007", city="Lyon", kind="housenumber"):
    number = name.split()[0] if kind == "housenumber" else None
    facts = {
        "label": f"{name} {postcode} {city}",
        "score": 0.71,
        "id": "69387_2470_00014",
        "type": kind,
        "name": name,
        "postcode": postcode,
        "citycode": "69387",
        "x": 843210.4,
        "y": 6517904.2,
        "city": city,
        "context": "69, Rhône, Auvergne-Rhône-Alpes",
        "importance": 0.6,
        **({"housenumber": number, "street": name.removeprefix(number).strip()} if number else {}),
    }
    point = {"type": "Point", "coordinates": [4.8467, 45.7485]}
    return {"type": "Feature", "geometry": point, "properties": facts}


def swiss(label, origin="address", num=8):
    facts = {
        "detail": "as it is searched",
        "featureId": "191979601_0",
        "geom_quadindex": "012323201233230311110",
        "geom_st_box2d": "BOX(2737666 1275668,2737666 1275668)",
        "label": label,
        "lat": 47.617,
        "lon": 9.2699,
        "num": num,
        "objectclass": "",
        "origin": origin,
        "rank": 7,
        "x": 1275668,
        "y": 2737666,
        "zoomlevel": 10,
    }
    return {"attrs": facts, "id": 1926520, "weight": 100}


class Services:
    def __init__(self):
        self.asked = []  # (path, query) of each question
        self.features, self.results = [], []
        self.status, self.body = 200, None
        self.slow = threading.Event()  # set: each octet after a rest, until the end of the test
        self.over = threading.Event()

    def answer(self) -> bytes:
        if self.body is not None:
            return self.body
        return json.dumps(
            {"type": "FeatureCollection", "features": self.features, "query": ""}
            | {"results": self.results}
        ).encode()


@contextmanager
def address_services():
    services = Services()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = urlsplit(self.path)
            services.asked.append((asked.path, dict(parse_qsl(asked.query))))
            body = services.answer()
            self.send_response(services.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", "/elsewhere/")
            self.end_headers()
            if not services.slow.is_set():
                self.wfile.write(body)
                return
            for octet in body:
                if services.over.wait(0.1):
                    return
                try:
                    self.wfile.write(bytes([octet]))
                    self.wfile.flush()
                except OSError:  # nobody waits any more
                    return

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        with override_settings(STREETS_FR_URL=f"{base}/geocodage", STREETS_CH_URL=base):
            yield services
    finally:
        services.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
