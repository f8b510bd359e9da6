"""Two partner authorities as served nodes on this machine: CN exports, KR imports and confirms by its policy."""

import datetime
import json
import random
import shutil
import signal
import socket
import subprocess
import time
import uuid

from harness import BINARY, ROOT, check, countersign, rows

PATIENCE = 120
"""Seconds within which everything must have an answer."""


def free_ports(count):
    """Ports that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def founded(temporary, ports, cases):
    """Two authorities that are partners, with so many applications that wait, and where they live."""
    stories = temporary / "scenarios"
    shutil.copytree(ROOT / "scenarios", stories)
    story = stories / "exchange" / "killed.toml"
    story.parent.mkdir(exist_ok=True)
    story.write_text(beginning() + "".join(application(number) for number in range(1, cases + 1)))
    urls = [part for name, port in ports.items() for part in ("--url", f"{name}=http://127.0.0.1:{port}")]
    countersign("--quiet", "run", story, "--storage", "sqlite:", "--dir", temporary / "nodes", *urls)
    return {name: temporary / "nodes" / name for name in ports}


def beginning():
    return """
title = "Applications that wait"
include = "../common/trade-permitted.toml"

[[step]]
at = "2024-02-06T01:00:00Z"
in = "KR"
as = "administrator:a"
do = "set_policy"
id = "BY-ITSELF"
with = { policy = "confirmation", value = "automatic" }

[[step]]
in = "KR"
as = "administrator:b"
do = "approve"
with = { of = "BY-ITSELF" }
"""


def application(number):
    return f"""
[[step]]
in = "CN"
as = "H-LAKE:chen"
do = "apply_export"
id = "K-{number}"
[step.with]
site = "S-LAKE"
address = "88 Optics Road, Wuhan"
importer = {{ name = "Hanbit Medical", address = "17 Teheran Road, Seoul", country = "KR" }}
authorization = "IC-1"
lines = [{{ item = "remifentanil-hydrochloride", amount = "1 g" }}]
purpose = "medical"
"""


class Node:
    """A served authority that can be killed."""

    def __init__(self, folder, port):
        self.folder, self.port, self.process = folder, port, None
        self.log = folder.parent / f"{folder.name}.log"

    def start(self):
        command = [BINARY, "serve", "--listen", f"127.0.0.1:{self.port}", "--dir", self.folder]
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self):
        """Kills it, wherever it is."""
        check(self.process.poll() is None, f"a node has ended by itself: {self.said()}")
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def said(self):
        return self.log.read_text()[-2000:]

    def stop(self):
        """Stops it in good order."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


def command(folder, actor, verb, with_):
    """A line of commands, with an id that is made now."""
    bits = random.getrandbits(74)
    version = (0x7 << 76) | ((bits >> 62) << 64) | (0b10 << 62) | (bits & (2**62 - 1))
    command_id = uuid.UUID(int=(last_moment(folder) << 80) | version)
    return json.dumps({"id": str(command_id), "as": actor, "do": verb, "with": with_}) + "\n"


def give(folder, lines):
    """Gives commands to a running node until all of them are answered; their ids stay the same."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as node:
                node.settimeout(30)
                node.connect(str(folder / "socket"))
                node.sendall("".join(lines).encode())
                reader = node.makefile()
                answers = [reader.readline() for _ in lines]
            if all(answer.endswith("\n") for answer in answers):
                return [json.loads(answer) for answer in answers]
        except OSError:
            pass
        time.sleep(0.05)
    check(False, f"no answer to {lines[:3]}")


def do(folder, actor, verb, with_):
    """Gives one command."""
    return give(folder, [command(folder, actor, verb, with_)])[0]


def refused(receipt):
    """The code of a refusal, if the receipt tells of one."""
    return receipt.get("refused", {}).get("code") if receipt.get("refused") else None


def last_moment(folder):
    """When the last entry was recorded, in milliseconds: ids are made of it."""
    entry = rows(folder / "journal.db", "SELECT bytes FROM entry ORDER BY seq DESC LIMIT 1")[0][0]
    recorded_at = json.loads(entry)["recorded_at"].replace("Z", "+00:00")
    return int(datetime.datetime.fromisoformat(recorded_at).timestamp() * 1000)
