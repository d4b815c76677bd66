"""Everything the simulated server remembers: accounts, tokens, logs and counters.

Identity providers are stored raw, with their real secrets; how they look to a
client is decided on the way out (see render.py). All access happens under one
lock, held by the HTTP layer for the length of one request.
"""

import pickle
import random
import threading
import uuid
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field

from behaviours import Behaviours
from faults import Faults
from idp_types import builtin_types
from rate_limit import RateLimiter
from util import copy_json, now
from webhooks import Webhooks

ACCOUNT = "0123456789abcdef0123456789abcdef"
SECOND_ACCOUNT = "fedcba9876543210fedcba9876543210"
TEAM_DOMAIN = "simulated.cloudflareaccess.com"

READS = (
    "idp_read", "apps_read", "policies_read", "groups_read",
    "federation_read", "risk_read", "zones_read", "audit_read", "accounts_read",
)
PERMISSIONS = READS + ("idp_write",)
COLLECTIONS = ("apps", "policies", "groups", "federation_grants", "risk_scoring", "zones")
ZONE_COLLECTIONS = ("apps", "groups")
# What a snapshot holds: the rest is set anew by the test that takes the snapshot up.
KEPT = ("rng", "behaviours", "types", "accounts", "zones", "audit", "masked", "readonly", "dropped", "twins", "deleted",
        "tokens")


@dataclass
class Lag:
    """An object as listings still show it: `old` is None for one that they do not show yet."""

    remaining: int
    old: dict | None


@dataclass
class Account:
    identity_providers: OrderedDict = field(default_factory=OrderedDict)
    lists: dict = field(default_factory=lambda: {name: [] for name in COLLECTIONS})
    list_lag: dict = field(default_factory=dict)
    get_lag: dict = field(default_factory=dict)
    listing: list | None = None  # the view that page 1 showed, so that further pages fit to it


@dataclass
class Token:
    id: str
    permissions: set
    accounts: set
    expired: bool = False
    owner: str | None = None  # "user" or "account"; None passes both ways to verify

    def may(self, permission):
        return permission in self.permissions or (permission == "idp_read" and "idp_write" in self.permissions)


class Store:
    def __init__(self, seed=0):
        self.seed = seed
        self.lock = threading.RLock()
        self.epoch = 0  # a request that began before a reset or restore is not carried out after it
        self._snapshot = None
        self.reset()

    def reset(self):
        self._begin()
        self.rng = random.Random(self.seed)
        self.behaviours = Behaviours()
        self.types = builtin_types()
        self.accounts = {ACCOUNT: Account(), SECOND_ACCOUNT: Account()}
        self.zones = {}
        self.audit = []
        self.masked = Counter()
        self.readonly = Counter()
        self.dropped = Counter()
        self.twins = []  # ids that the API created beside one of equal type and name
        self.deleted = []  # ids that the API deleted, in this order
        self.tokens = {}
        for name, permissions, expired in (
            ("sim-write", PERMISSIONS, False),
            ("sim-read", READS, False),
            ("sim-idp-only", ("idp_read", "idp_write"), False),
            ("sim-expired", PERMISSIONS, True),
        ):
            self.tokens[name] = Token(self.hex_id(), set(permissions), {ACCOUNT, SECOND_ACCOUNT}, expired)

    def _begin(self):
        self.epoch += 1
        self.faults = Faults()
        self.rates = RateLimiter()
        self.webhooks = Webhooks()
        self.requests = deque(maxlen=200_000)

    def snapshot(self):
        self._snapshot = pickle.dumps({name: self.__dict__[name] for name in KEPT})

    def restore(self):
        """As it was at the last snapshot, made-up ids to come included; without faults, hooks and logs."""
        if self._snapshot is None:
            raise ValueError("there is no snapshot")
        self._begin()
        self.__dict__.update(pickle.loads(self._snapshot))

    def hex_id(self):
        return f"{self.rng.getrandbits(128):032x}"

    def uuid(self):
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def scim_secret(self):
        return "scim-" + self.hex_id() + self.hex_id()

    def account(self, account_id):
        """For the control interface: naming an account makes it."""
        return self.accounts.setdefault(account_id, Account())

    def zone(self, zone_id):
        return self.zones.setdefault(zone_id, {name: [] for name in ZONE_COLLECTIONS})

    def put(self, account_id, idp, lagging=False):
        """Stores an object that belongs to the store from now on."""
        account = self.account(account_id)
        previous = account.identity_providers.get(idp["id"])
        idp["version"] = self.hex_id()
        if lagging:
            self._lag(account, idp["id"], previous)
            if previous is None and self.behaviours.get_lag:
                account.get_lag[idp["id"]] = self.behaviours.get_lag
        account.identity_providers[idp["id"]] = idp

    def remove(self, account_id, idp_id, lagging=False):
        account = self.account(account_id)
        previous = account.identity_providers.pop(idp_id)
        account.get_lag.pop(idp_id, None)
        if lagging:
            self._lag(account, idp_id, previous)

    def _lag(self, account, idp_id, previous):
        if not self.behaviours.list_lag:
            account.list_lag.pop(idp_id, None)
            return
        # Of several writes in a row the listing lags behind the first one.
        known = account.list_lag.get(idp_id)
        old = known.old if known else copy_json(previous)
        account.list_lag[idp_id] = Lag(self.behaviours.list_lag, old)

    def listed(self, account, first_page):
        """The identity providers as a listing shows them now; each first page uses up one lag."""
        if not first_page and account.listing is not None:
            return account.listing
        view = OrderedDict(account.identity_providers)
        for idp_id, lag in list(account.list_lag.items()):
            if lag.old is None:
                view.pop(idp_id, None)
            else:
                view[idp_id] = lag.old
            lag.remaining -= 1
            if lag.remaining <= 0:
                del account.list_lag[idp_id]
        items = list(view.values())
        if self.behaviours.order == "shuffled":
            self.rng.shuffle(items)
        frozen = self.behaviours.order == "shuffled" or self.behaviours.list_lag
        account.listing = items if frozen else None
        return items

    def record(self, account_id, action, idp_id, *, method, uri, status, token=None, actor=None, request=None,
               response=None, agent=""):
        """One audit entry; without a token it is the work of a person at the dashboard, `actor` their address."""
        self.audit.append({
            "id": self.uuid(),
            "account": {"id": account_id, "name": "Simulated"},
            "action": {"description": f"{action} identity provider", "result": "success", "time": now(), "type": action},
            "actor": {
                "id": "7d1b0b6f4c4f4b0f9a3a5c1e2d3f4a5b",
                "context": "api_token" if token else "dash",
                "email": "automation@example.com" if token else actor or "dashboard@example.com",
                "ip_address": "192.0.2.1",
                "token_id": token.id if token else "",
                "token_name": "simulated token" if token else "",
                "type": "user",
            },
            "raw": {
                "cf_ray_id": self.hex_id()[:16],
                "method": method,
                "status_code": status,
                "uri": uri,
                "user_agent": agent,
            },
            "resource": {
                "id": idp_id if self.behaviours.audit_resource_id else "",
                "product": "access",
                "type": "identity_providers",
                "scope": "accounts",
                "request": copy_json(request),
                "response": copy_json(response),
            },
            "zone": {"id": "", "name": ""},
        })
