import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import redis

cache = redis.Redis(os.environ["CACHE"])


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        text = f"visits: {cache.incr('visits')}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("", 8000), Page).serve_forever()
