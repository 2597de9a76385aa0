"""A Firefox for the browser tests, driven by WebDriver BiDi, which it speaks without a driver."""

import json
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

NAMES = ("firefox-esr", "firefox")


def firefox():
    """Path of a Firefox on this machine, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Firefox:
    """A headless Firefox with a fresh profile and one page."""

    def __init__(self, seconds=60):
        import websocket

        self.profile = Path(tempfile.mkdtemp(prefix="fma-firefox-"))
        self.log = (self.profile / "output").open("w+")
        command = [firefox(), "--headless", "--no-remote", "--profile", str(self.profile)]
        self.process = subprocess.Popen(
            [*command, "--remote-debugging-port", "0"], stdout=self.log, stderr=self.log
        )
        self.count, self.complaints = 0, []
        address = self._address(seconds)
        options = {"timeout": seconds, "suppress_origin": True}
        self.socket = websocket.create_connection(f"{address}/session", **options)
        self.call("session.new", {"capabilities": {}})
        self.call("session.subscribe", {"events": ["log.entryAdded"]})
        contexts = self.call("browsingContext.getTree", {})["contexts"]
        self.context = contexts[0]["context"]

    def _address(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = re.search(r"ws://\S+", Path(self.log.name).read_text())
            if found:
                return found.group()
            time.sleep(0.2)
        raise RuntimeError(f"Firefox did not start: {Path(self.log.name).read_text()}")

    def call(self, method, parameters):
        """Send a command and return its result; errors of the page are collected on the way."""
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.complaints.append(answer["params"]["text"])
            if answer.get("id") == self.count:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]

    def open(self, address):
        """Go to a page and wait until it is loaded."""
        where = {"context": self.context, "url": address, "wait": "complete"}
        self.call("browsingContext.navigate", where)

    def size(self, width, height):
        """Give the page that many CSS pixels."""
        viewport = {"width": width, "height": height}
        self.call("browsingContext.setViewport", {"context": self.context, "viewport": viewport})

    def evaluate(self, expression):
        """The value of a JavaScript expression, a promise's included, sent as JSON."""
        where = {"target": {"context": self.context}, "awaitPromise": True}
        code = f"Promise.resolve({expression}).then(JSON.stringify)"
        found = self.call("script.evaluate", where | {"expression": code})
        if found["type"] == "exception":
            raise RuntimeError(found["exceptionDetails"]["text"])
        return json.loads(found["result"].get("value", "null"))

    def until(self, expression, seconds=40):
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.evaluate(expression):
            assert time.monotonic() < end, f"not so after {seconds} s: {expression}"
            time.sleep(0.1)

    def close(self):
        """End the browser and remove its profile."""
        self.socket.close()
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        shutil.rmtree(self.profile, ignore_errors=True)
