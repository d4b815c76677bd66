"""Figures of `idpd run`: from an edit to the write, a burst of edits, and what an idle daemon costs."""

import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402 (the path above)

DEBOUNCE = 0.2  # how long a folder must be quiet: daemon/service/directory_source.h


class Bench(harness.RunCase):
    seconds = 60

    def runTest(self):
        self.edits()
        self.burst()
        self.idle()

    def edits(self):
        self.write("gh", harness.github())
        daemon = self.started()
        daemon.wait_status("1 in sync")
        took = []
        for number in range(20):
            began = time.monotonic()
            self.write("gh", harness.github(client_id=f"edit-{number}"))
            while self.sim.provider("GitHub")["config"]["client_id"] != f"edit-{number}":
                time.sleep(0.005)
            took.append(time.monotonic() - began)
            daemon.wait_status("1 in sync")
        print(f"edit to API write: median {statistics.median(took) * 1000:.0f} ms, worst {max(took) * 1000:.0f} ms, "
              f"{DEBOUNCE * 1000:.0f} ms of it the debounce")
        daemon.stop()

    def burst(self):
        daemon = self.started()
        daemon.wait_status("1 in sync")
        self.sim.clear_requests()
        began = time.monotonic()
        for number in range(1000):
            self.write("gh", harness.github(client_id=f"burst-{number}"))
        wrote = time.monotonic() - began
        self.wait_config("GitHub", client_id="burst-999")
        print(f"1000 edits in {wrote:.1f} s: {self.lists()} passes, {len(self.sim.writes())} writes, the last one in force "
              f"after {time.monotonic() - began:.1f} s")
        daemon.stop()

    def idle(self):
        for number in range(50):
            self.write(f"gh-{number}", harness.github(name=f"GitHub {number}"))
        self.run_settings(interval="10s")
        daemon = self.started()
        daemon.wait_status("51 in sync")
        self.sim.clear_requests()
        before, began = daemon.cpu_seconds(), time.monotonic()
        time.sleep(self.seconds)
        cpu, took = daemon.cpu_seconds() - before, time.monotonic() - began
        print(f"idle with 51 identity providers for {took:.0f} s, a pass every 10 s: {len(self.sim.requests())} requests, "
              f"{self.lists()} of them lists; {cpu * 1000:.0f} ms of CPU; {daemon.rss_bytes() / 2**20:.1f} MiB resident")
        daemon.stop()


if __name__ == "__main__":
    Bench.seconds = int(sys.argv[1])
    harness.unittest.main(argv=sys.argv[:1])
