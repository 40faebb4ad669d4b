"""A headless Chromium on a pipe: pages are opened, asked and photographed. Nothing but Debian's chromium is needed.

By hand: browser.py PAGE.html OUT.png [--width N] [--dark] [--lang ko] [--full] makes a picture of a report.
"""
import argparse
import base64
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time


def find():
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """One browser with one page. Every request, console message and exception of the page is kept."""

    def __init__(self, chromium):
        self.profile = tempfile.TemporaryDirectory(prefix="nadc-browser-", ignore_cleanup_errors=True)
        into, out = os.pipe(), os.pipe()

        def pipes():  # Chromium reads from 3 and writes to 4
            reader, writer = os.dup(into[0]), os.dup(out[1])
            os.dup2(reader, 3)
            os.dup2(writer, 4)

        self.process = subprocess.Popen(
            [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
             "--force-color-profile=srgb", "--disable-dev-shm-usage", f"--user-data-dir={self.profile.name}",
             "--remote-debugging-pipe", "about:blank"],
            preexec_fn=pipes, pass_fds=(3, 4), start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": self.profile.name})
        os.close(into[0])
        os.close(out[1])
        self.to, self.back, self.held, self.number = into[1], out[0], b"", 0
        self.session, self.requests, self.messages = None, [], []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # its own session: it and what it started, nobody else
        except ProcessLookupError:
            pass
        self.process.wait(timeout=30)
        os.close(self.to)
        os.close(self.back)
        self.profile.cleanup()

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            answer = self.receive(60)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def receive(self, seconds):
        """The next message; events are kept as they pass."""
        end = time.monotonic() + seconds
        while b"\0" not in self.held:
            if not select.select([self.back], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("the browser says nothing")
            part = os.read(self.back, 1 << 20)
            if not part:
                raise RuntimeError("the browser ended")
            self.held += part
        text, self.held = self.held.split(b"\0", 1)
        message = json.loads(text)
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.messages.append(json.dumps(parameters["exceptionDetails"])[:2000])
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.messages.append(json.dumps(parameters["args"])[:2000])
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.messages.append(json.dumps(parameters["entry"])[:2000])
        return message

    def open(self, path, width=1280, height=900, dark=False):
        self.size(width, height)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"}])
        self.requests.clear()
        self.messages.clear()
        self.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        while self.receive(60).get("method") != "Page.loadEventFired":
            pass
        self.settle()

    def size(self, width, height):
        self.width = width
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)

    def settle(self):
        """Until what was asked for has been drawn: two frames."""
        self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))")

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def picture(self, file, whole=False, selector=None):
        options = {"format": "png", "captureBeyondViewport": whole or selector is not None}
        if selector:
            box = self.evaluate(f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
                                "return {x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height, scale: 1}; })()")
            options["clip"] = box
        elif whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            options["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        pathlib.Path(file).write_bytes(base64.b64decode(self.call("Page.captureScreenshot", **options)["data"]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("page")
    parser.add_argument("out")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--lang")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--selector")
    a = parser.parse_args()
    with Browser(find()) as browser:
        browser.open(a.page, a.width, a.height, a.dark)
        if a.lang and browser.evaluate("document.documentElement.lang") != a.lang:
            browser.evaluate("document.getElementById('language').click()")
            browser.settle()
        browser.picture(a.out, a.full, a.selector)
        for message in browser.messages:
            print(message)
        print(browser.evaluate("[scrollX, document.documentElement.scrollWidth, innerWidth, document.querySelectorAll('svg.main').length]"))


if __name__ == "__main__":
    main()
