"""What scripts that speak to a running node share: a node that is served, a browser that enrols, a session of the API."""

import base64
import hashlib
import hmac
import http.client
import json
import re
import socket
import subprocess
import time
import urllib.parse

import harness
from harness import as_json, check

PASSWORD = "three quiet words here"


def code(secret, step):
    """The code of the second factor in a step of thirty seconds (RFC 6238)."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    place = digest[19] & 15
    return f"{(int.from_bytes(digest[place:place + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Served:
    """A data folder that is served while the block runs; persons are invited before."""

    def __init__(self, folder, people=()):
        self.folder, self.port, self.people, self.node = folder, free_port(), people, None
        self.url = f"http://localhost:{self.port}"

    def __enter__(self):
        self.links = {
            who: as_json("user", "invite", who, "--public-url", self.url, "--dir", self.folder)["url"]
            for who in self.people
        }
        log = open(self.folder.parent / "served.log", "w")
        self.node = subprocess.Popen(
            [harness.BINARY, "serve", "--dir", self.folder, "--listen", f"localhost:{self.port}"], stderr=log)
        until = time.monotonic() + 120
        while time.monotonic() < until and self.node.poll() is None:
            try:
                socket.create_connection(("localhost", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.1)
        raise harness.Failed("the node does not listen")

    def __exit__(self, *_):
        self.node.terminate()
        check(self.node.wait(60) == 0, "the node has not ended well")

    def is_up(self):
        return self.node.poll() is None


class Browser:
    """One connection with its cookies."""

    def __init__(self, port):
        self.port, self.cookies, self.connection = port, {}, http.client.HTTPConnection("localhost", port, timeout=60)

    def ask(self, method, path, fields=None):
        body = urllib.parse.urlencode(fields) if fields is not None else None
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode(errors="replace")
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer, text


def hidden(text, name):
    found = re.search(f'name="{name}" value="([^"]*)"', text)
    return found.group(1) if found else ""


def session(served, actor):
    """Enrols a person by the link, and signs in over the API; gives the token."""
    browser, path = Browser(served.port), urllib.parse.urlparse(served.links[actor]).path
    _, page = browser.ask("GET", path)
    secret = base64.b64decode(hidden(page, "sealed"))
    step = int(time.time()) // 30
    browser.ask("POST", path, {"csrf": hidden(page, "csrf"), "sealed": hidden(page, "sealed"), "password": PASSWORD,
                               "again": PASSWORD, "code": code(secret, step - 1)})
    asked = {"person": actor.rsplit(":", 1)[1], "password": PASSWORD, "code": code(secret, step), "actor": actor}
    connection = http.client.HTTPConnection("localhost", served.port, timeout=60)
    connection.request("POST", "/api/v1/sessions", json.dumps(asked), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    body = json.loads(answer.read())
    check(answer.status == 201, f"{actor} cannot sign in: {body}")
    return body["token"]
