"""The same drift check on Debian's python3-cloudflare, which asks for nothing side by side; threads do.

check.py SETTINGS FOLDER CONCURRENCY
"""

import concurrent.futures
import json
import os
import pathlib
import sys
import threading

import CloudFlare
import yaml

SECRET = {"client_secret", "api_token"}
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
local = threading.local()


def client(api):
    if not hasattr(local, "client"):  # a connection of its own for each thread
        local.client = CloudFlare.CloudFlare(token=os.environ["BENCH_TOKEN"], base_url=api["base_url"], raw=True)
    return local.client


def listed(api, account):
    everything, page = [], 1
    while True:
        answer = client(api).accounts.access.identity_providers.get(account, params={"page": page, "per_page": 1000})
        everything += answer["result"]
        if len(everything) >= answer["result_info"]["total_count"]:
            return everything
        page += 1


def same(a, b):
    return sorted(a) == sorted(b or []) if isinstance(a, list) else a == b


def check(api, account, desired):
    live = {one["name"]: one for one in listed(api, account)}
    matching = 0
    for wanted in desired:
        found = live.get(wanted["name"])
        matching += bool(found) and found["type"] == wanted["type"] and all(
            name in SECRET or same(value, found["config"].get(name)) for name, value in wanted["config"].items())
    return matching, len(desired) - matching


def main():
    settings, folder, concurrency = sys.argv[1:]
    read = json.loads(pathlib.Path(settings).read_text())
    desired = {}
    for path in sorted(pathlib.Path(folder).iterdir()):
        document = yaml.load(path.read_text(), Loader)
        desired.setdefault(document["account"], []).extend(document["identity_providers"].values())
    with concurrent.futures.ThreadPoolExecutor(int(concurrency)) as pool:
        results = list(pool.map(lambda alias: check(read["api"], read["accounts"][alias]["id"], desired.get(alias, [])),
                                read["accounts"]))
    print(f"{sum(drifted for _, drifted in results)} changes, {sum(matching for matching, _ in results)} match")


main()
