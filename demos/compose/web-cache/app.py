import os
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def visits():
    with socket.create_connection((os.environ["CACHE"], 6379), 10) as cache:
        cache.sendall(b"INCR visits\r\n")
        return cache.makefile().readline()[1:].strip()


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        text = f"visits: {visits()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("", 8000), Page).serve_forever()
