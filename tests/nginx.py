"""A real nginx with the Setup page's log, before an API that names its customers in a header."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from agentry.stack.servers import free_port

CONFIGURATION = """
daemon off; pid {place}/nginx.pid; error_log {place}/error.log;
events {{ }}
http {{
    client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
    {http}
    server {{
        listen 127.0.0.1:{port};
        {server}
        location / {{ proxy_pass http://127.0.0.1:{upstream}; }}
    }}
}}
"""


class _Api(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = self.path != "/v1/nowhere"
        self.send_response({"/v1/broken": 500, "/v1/nowhere": 404}.get(self.path, 200))
        if known:
            self.send_header("X-Customer-Id", "nginx_corp")
            self.send_header("X-Customer-Plan", "scale")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def nginx_over_upstream(place: Path, snippet: str) -> str:
    """Three requests, of which one is nobody's: the log that nginx writes of them."""
    nginx = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if nginx is None:
        pytest.skip("nginx is not installed: its log is not tried here")
    api = ThreadingHTTPServer(("127.0.0.1", 0), _Api)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    place.chmod(0o755)
    http, _, server = snippet.partition("# In server { }.")
    server = server.partition("\n")[2].replace("/var/log/nginx", str(place))
    port = free_port()
    text = CONFIGURATION.format(
        place=place, http=http, server=server, port=port, upstream=api.server_address[1]
    )
    (place / "nginx.conf").write_text(text)
    process = subprocess.Popen([nginx, "-c", str(place / "nginx.conf")], stderr=subprocess.PIPE)
    try:
        for path in ("/v1/things/7", "/v1/broken", "/v1/nowhere"):
            _ask(f"http://127.0.0.1:{port}{path}", process)
    finally:
        process.terminate()  # and what it held back is written
        process.wait(20)
        api.shutdown()
    return (place / "agentry.log").read_text()


def _ask(address: str, process: subprocess.Popen[bytes]) -> None:
    request = urllib.request.Request(address, headers={"X-Sdk-Version": "1.2.3", "CF-IPCountry": "DE"})
    for _ in range(200):
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                assert "X-Customer-Id" not in response.headers
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            assert process.poll() is None, process.stderr and process.stderr.read()
            with suppress(InterruptedError):
                time.sleep(0.02)
    raise AssertionError("nginx does not answer")
