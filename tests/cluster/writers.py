"""Who could write to which account, and for how long nobody could, from what was seen from outside: the keys in etcd,
the API's log of requests, and what was done to whom. Pure.

A shard's holder is a writer of an account once its first pass over it has begun, as long as it is alive, awake and
reaches etcd. The time without one is counted from what took the last writer (the kill, the pause, the cut) until the
next one's first request. It begins anew

- when what holds the account by then is taken out itself,
- when etcd lost or got a member: a new leader begins every lease anew, and without a quorum nobody can prove anything,
- where etcd did not answer the observer,
- while the account's holder is cut off from the API alone: that has a time of its own.
"""

BLIND = 1.0  # seconds without an observation after which nothing is known of what was before


class Writers:
    def __init__(self):
        self.observed = []  # (before, after, {shard: (host, lease)}) as etcd answered
        self.away = []  # [host, from, until], until None while it lasts
        self.without_api = []
        self.dead = {}  # lease -> since when its process is gone
        self.etcd = []  # when a member was lost or came back

    def see(self, before, after, holders):
        self.observed.append((before, after, holders))

    def take_out(self, intervals, host, now):
        intervals.append([host, now, None])

    def mend(self, host, now):
        for one in [*self.away, *self.without_api]:
            if one[0] == host and one[2] is None:
                one[2] = now

    def bury(self, host, now):
        """All that this host is seen to hold is held by nobody alive."""
        for _, _, holders in self.observed:
            for holder, lease in holders.values():
                if holder == host:
                    self.dead.setdefault(lease, now)

    @staticmethod
    def since(intervals, host, at):
        """Since when it has been so at that time; None: it is not so."""
        return next((begun for who, begun, until in intervals if who == host and begun <= at and (until is None or at < until)),
                    None)

    def taken_out(self, holder, at):
        host, lease = holder
        if lease in self.dead and self.dead[lease] <= at:
            return self.dead[lease]
        return self.since(self.away, host, at)

    def gaps(self, shard, begun, start):
        """(seconds, from when) of each time without a writer; `begun`: [(time, host)] of requests for the account."""
        out, gap, held, acquired, last = [], None, None, 0.0, None
        for before, after, holders in self.observed:
            if before < start:
                continue
            holder = holders.get(shard)
            if holder != held:
                held, acquired = holder, last or before
            out_since = self.taken_out(holder, after) if holder else None
            writes = holder is not None and out_since is None and any(
                host == holder[0] and acquired <= time <= after for time, host in begun)
            blind = last is not None and before - last > BLIND
            anew = blind or any((last or before) < time <= after for time in self.etcd)
            if holder and self.since(self.without_api, holder[0], after) is not None:
                anew = True
            if writes:
                if gap is not None and not anew:
                    first = min(time for time, host in begun if host == holder[0] and acquired <= time)
                    out.append((max(first, gap) - gap, gap))
                gap = None
            elif anew:
                gap = after
            elif gap is None:
                gap = out_since if out_since is not None else last or before
            elif out_since is not None:
                gap = max(gap, out_since)
            last = before
        if gap is not None and last is not None:
            out.append((last - gap, gap))
        return out
