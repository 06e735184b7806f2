#!/usr/bin/env python3
"""Times pages of a running city while it is being written to: `python3 tools/page_times.py http://127.0.0.1:8110`.

Meant for a city of `cargo bench -p office --bench replay` (its folder is FENGCE_BENCH_CITY), or, with --cases, of
`--bench closing`, opened with `target/release/fengce serve --dir FOLDER`. Times are taken at the client over loopback: the server's time and the
connection's. Writers import earlier payments through the form all the while, and officers verify and sign off one filing
after another, so that what pages remember of the plan's standing keeps going out of date. Each page is read from a loopback
address of its own, because the server lets one client do only so much. Standard library only.
"""

import argparse
import html
import http.client
import re
import threading
import time
from urllib.parse import urlencode, urlsplit

PASSWORD = "fengce-shili-2023"
# Log-in names as the benchmark's city has them, and the pages each opens. {firm}, {filing} and {decision} are found.
PAGES = [
    (None, "/plan"),
    (None, "/plan?open=G1"),
    (None, "/plan?as_of=2025-06-30"),
    (None, "/plan/tasks"),
    (None, "/plan/indicators"),
    (None, "/plan/indicators/packaging-revenue"),
    ("city", "/firms"),
    ("district", "/firms"),
    ("city", "{firm}"),
    ("city", "{filing}"),
    ("city", "/filings"),
    ("city", "/decisions"),
    ("city", "{decision}"),
    ("group", "/plan/reports"),
    ("city", "/desk"),
    ("district", "/desk"),
    ("group", "/desk"),
    ("firm", "/desk"),
]

# The same for a city of 5,000 cases. {call}, {case} and {own} (a firm's own case) are found.
CASE_PAGES = [
    (None, "/calls"),
    (None, "{call}"),
    ("city", "/cases"),
    ("city", "/reviews"),
    ("city", "{case}"),
    ("city", "{call}/desk"),
    ("colleague", "{case}"),
    ("finance", "{case}"),
    ("firm", "/my-cases"),
    ("firm", "{own}"),
    ("city", "/desk"),
    ("firm", "/desk"),
]


class Browser:
    """A browser that keeps its cookie, from one loopback address."""

    def __init__(self, base: str, address: str):
        place = urlsplit(base)
        self.connection = http.client.HTTPConnection(place.hostname, place.port, source_address=(address, 0))
        self.cookie = ""

    def send(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": self.cookie}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if cookie := answer.getheader("Set-Cookie"):
            self.cookie = cookie.split(";")[0]
        return answer.status, text

    def post(self, form: str, fields: dict[str, str]) -> int:
        """Fills in the form of a page: its hidden fields stay as they are."""
        _, page = self.send("GET", form)
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
        return self.send("POST", form, urlencode({name: html.unescape(value) for name, value in hidden} | fields))[0]

    def sign_in(self, login: str) -> None:
        status = self.post("/sign-in", {"login": login, "password": PASSWORD, "code": "", "then": "/"})
        if status != 303:
            raise SystemExit(f"{login} cannot sign in: {status}")

    def first(self, page: str, pattern: str) -> str:
        found = re.search(pattern, self.send("GET", page)[1])
        if not found:
            raise SystemExit(f"{page} has no {pattern}")
        return html.unescape(found.group(1))


def places(base: str) -> dict[str, str]:
    browser = Browser(base, "127.0.1.1")
    browser.sign_in("city")
    firm = browser.first("/firms", r'href="(/firms/[0-9A-Z]{18})"')
    return {
        "firm": firm,
        "filing": browser.first(firm, r'href="(/firms/[0-9A-Z]{18}/filings/[0-9a-f-]{36})"'),
        "decision": browser.first("/decisions", r'href="(/decisions/[0-9A-Za-z-]+(?:/[0-9a-f-]{36})?)"'),
    }


def case_places(base: str) -> dict[str, str]:
    officer, claimant = Browser(base, "127.0.1.1"), Browser(base, "127.0.1.2")
    officer.sign_in("city")
    claimant.sign_in("firm")
    case = officer.first("/cases", r'href="(/cases/[0-9A-Z]{18}/[0-9a-f-]{36})"')
    return {
        "call": officer.first("/calls", r'href="(/calls/[0-9a-f-]{36})"'),
        "case": case,
        "own": claimant.first("/my-cases", r'href="(/my-cases/[0-9A-Z]{18}/[0-9a-f-]{36})"'),
        "firm": "/firms/" + case.split("/")[2],
    }


def write(base: str, firm: str, number: int, stop: threading.Event, written: list[int]) -> None:
    browser = Browser(base, f"127.0.2.{number + 1}")
    browser.sign_in("finance")
    while not stop.is_set():
        fields = {
            "voucher": f"示例-{number}-{time.time_ns()}",
            "firm": firm.rsplit("/", 1)[1],
            "benefit": "test-fee",
            "year": "2025",
            "project": "",
            "amount": "1.00",
            "on": "2026-03-02",
        }
        status = browser.post("/earlier-payments/new", fields)
        if status == 429:
            time.sleep(0.5)
        elif status != 303:
            raise SystemExit(f"the payment was not imported: {status}")
        else:
            written.append(1)
        time.sleep(0.1)


def decide(base: str, address: str, login: str, act: str, stop: threading.Event, decided: list[int]) -> None:
    """Agrees to one filing after another that waits on somebody's desk, until none waits any more."""
    browser = Browser(base, address)
    browser.sign_in(login)
    done: set[str] = set()
    while not stop.is_set():
        waiting = re.findall(r'href="(/firms/[0-9A-Z]{18}/filings/([0-9a-f-]{36}))"', browser.send("GET", "/desk")[1])
        fresh = [pair for pair in waiting if pair[1] not in done]
        if not fresh:
            return
        for page, key in fresh:
            done.add(key)
            _, text = browser.send("GET", page)
            hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
            fields = {name: html.unescape(value) for name, value in hidden} | {"verdict": "agree", "opinion": "示例"}
            status, _ = browser.send("POST", f"/filings/{key}/{act}", urlencode(fields))
            if status == 303:
                decided.append(1)
            time.sleep(0.4)
            if stop.is_set():
                return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base")
    parser.add_argument("--readings", type=int, default=200)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--cases", action="store_true", help="pages of calls and cases")
    options = parser.parse_args()
    pages, found = (CASE_PAGES, case_places(options.base)) if options.cases else (PAGES, places(options.base))
    stop, written, started = threading.Event(), [], time.monotonic()
    writers = [
        threading.Thread(target=write, args=(options.base, found["firm"], number, stop, written))
        for number in range(options.writers)
    ]
    decided: list[int] = []
    deciders = [("127.0.4.1", "district", "verify"), ("127.0.4.2", "city", "sign-off")] if not options.cases else []
    for address, login, act in deciders:
        writers.append(threading.Thread(target=decide, args=(options.base, address, login, act, stop, decided)))
    for writer in writers:
        writer.start()
    print("| page | p50 ms | p99 ms | slowest ms | KB |\n|---|---|---|---|---|")
    for number, (who, path) in enumerate(pages):
        browser = Browser(options.base, f"127.0.3.{number + 1}")
        if who:
            browser.sign_in(who)
        times, size = [], 0
        for _ in range(options.readings):
            begun = time.perf_counter()
            status, text = browser.send("GET", path.format(**found))
            times.append((time.perf_counter() - begun) * 1e3)
            if status != 200:
                raise SystemExit(f"{path}: {status}")
            size = len(text.encode())
        times.sort()
        at = [times[min(len(times) * part // 100, len(times) - 1)] for part in (50, 99, 100)]
        print(f"| {path} ({who or 'public'}) | {at[0]:.1f} | {at[1]:.1f} | {at[2]:.1f} | {size // 1000} |", flush=True)
    stop.set()
    for writer in writers:
        writer.join()
    seconds = time.monotonic() - started
    print(f"meanwhile {len(written) / seconds:.0f} payments/s and {len(decided) / seconds:.1f} decisions/s were written")


if __name__ == "__main__":
    main()
