"""The request limit of the API and the headers that tell a client of it.

The real limit is 1,200 requests in five minutes; that is announced when no
limit is set, and never reached. A test sets a small one instead.
"""

import math
import time


class RateLimiter:
    def __init__(self):
        self._used = {}
        self._began = {}  # the window that is counted in, by token
        self._blocked_until = {}

    def admit(self, token, limit):
        """Counts a request; returns (whether it is admitted, the headers of the answer)."""
        if limit is None:
            self._used.clear()
            self._blocked_until.clear()
            return True, {"Ratelimit": '"default";r=1200;t=300', "Ratelimit-Policy": '"default";q=1200;w=300'}
        quota, window = (limit["requests"], limit.get("seconds", 1)) if isinstance(limit, dict) else (limit, 1)
        headers = {"Ratelimit-Policy": f'"default";q={quota};w={math.ceil(window)}'}
        moment = time.monotonic()
        blocked = self._blocked_until.get(token)
        if blocked is not None and moment < blocked:
            wait = math.ceil(blocked - moment)
            headers.update({"Ratelimit": f'"default";r=0;t={wait}', "Retry-After": str(wait)})
            return False, headers
        if blocked is not None:
            del self._blocked_until[token]
        if blocked is not None or moment >= self._began.get(token, moment) + window:
            self._used[token] = 0
        if not self._used.get(token):
            self._began[token] = moment
        self._used[token] = self._used.get(token, 0) + 1
        left = max(0, quota - self._used[token])
        if left == 0:
            # The block begins with the last admitted request: a client that
            # reads `r=0;t=1` and waits a second never sees a 429.
            self._blocked_until[token] = moment + window
        reset = window if left == 0 else self._began[token] + window - moment
        headers["Ratelimit"] = f'"default";r={left};t={math.ceil(reset)}'
        return True, headers
