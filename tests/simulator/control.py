"""The control interface: tests set up the server here and look behind it.

Plain JSON under /control, without authentication. What it changes counts as
the work of a person at the dashboard: no strictness beyond the basics.
"""

import re

from envelope import Response
from idp_types import made_up_type, sample_config
from lifecycle import complete
from rate_limit import RateLimiter
from store import ACCOUNT, COLLECTIONS, PERMISSIONS, SECOND_ACCOUNT, ZONE_COLLECTIONS, Token
from util import copy_json, dump, merge_patch


class ControlError(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def _object(value):
    if not isinstance(value, dict):
        raise ControlError(400, "the body must be an object")
    return value


class Control:
    def __init__(self, store):
        self.store = store
        self._actor = None  # whose work the request at hand is; handled under the store's lock
        account, idps = r"/accounts/([0-9a-f]{32})", "/identity_providers"
        lists = "|".join(COLLECTIONS)
        zone_lists = "|".join(ZONE_COLLECTIONS)
        self.routes = [
            (method, re.compile(pattern + r"\Z"), handler)
            for method, pattern, handler in (
                ("POST", "/reset", self.reset),
                ("POST", "/snapshot", self.snapshot),
                ("POST", "/restore", self.restore),
                ("GET", "/state", self.state),
                ("GET", "/behaviours", self.behaviours),
                ("POST", "/behaviours", self.behaviours),
                ("POST", "/types", self.add_type),
                ("POST", "/faults", self.add_fault),
                ("GET", "/faults", self.show_faults),
                ("DELETE", "/faults", self.clear_faults),
                ("POST", "/hooks", self.add_hook),
                ("GET", "/hooks", self.show_hooks),
                ("DELETE", "/hooks", self.clear_hooks),
                ("GET", "/requests", self.show_requests),
                ("DELETE", "/requests", self.clear_requests),
                ("POST", "/bulk", self.bulk),
                ("GET", r"/webhooks/([\w-]+)", self.show_webhook),
                ("PUT", r"/webhooks/([\w-]+)", self.set_webhook),
                ("DELETE", r"/webhooks/([\w-]+)", self.clear_webhook),
                ("PUT", r"/tokens/([^/]+)", self.set_token),
                ("DELETE", r"/tokens/([^/]+)", self.remove_token),
                ("POST", account + idps, self.create),
                ("PATCH", account + idps + r"/([^/]+)", self.patch),
                ("DELETE", account + idps + r"/([^/]+)", self.remove),
                ("PUT", account + f"/({lists})", self.set_list),
                ("PUT", rf"/zones/([0-9a-f]{{32}})/({zone_lists})", self.set_zone_list),
            )
        ]

    def handle(self, method, path, body, query=None):
        """The answer to one control request; `body` is the parsed JSON, None without one."""
        query = query or {}
        self._actor = query.get("actor")
        try:
            if unknown := set(query) - {"actor"}:
                raise ControlError(400, f"unknown in the query: {sorted(unknown)}")
            for verb, pattern, handler in self.routes:
                found = pattern.match(path)
                if found and verb == method:
                    return Response(200, dump(handler(body, *found.groups())))
            raise ControlError(404, f"no such control: {method} {path}")
        except ControlError as error:
            return Response(error.status, dump({"error": str(error)}))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return Response(400, dump({"error": f"{type(error).__name__}: {error}"}))

    def reset(self, _body):
        self.store.reset()
        return {}

    def snapshot(self, _body):
        self.store.snapshot()
        return {}

    def restore(self, _body):
        self.store.restore()
        return {}

    def state(self, _body):
        store = self.store
        return {
            "accounts": {
                account_id: {"identity_providers": list(account.identity_providers.values()), **account.lists}
                for account_id, account in store.accounts.items()
            },
            "zones": store.zones,
            "tokens": {
                name: {"id": token.id, "permissions": sorted(token.permissions), "accounts": sorted(token.accounts),
                       "expired": token.expired, "owner": token.owner}
                for name, token in store.tokens.items()
            },
            "masked_writes": store.masked.total(),
            "masked_fields": store.masked,
            "readonly_writes": store.readonly.total(),
            "readonly_fields": store.readonly,
            "dropped_writes": store.dropped.total(),
            "dropped_fields": store.dropped,
            "twins": store.twins,
            "deleted": store.deleted,
        }

    def behaviours(self, body):
        if body is not None:
            self.store.behaviours.merge(body)
            if "rate_limit" in body:
                self.store.rates = RateLimiter()  # a limit that is set anew counts from zero
        return self.store.behaviours.values

    def add_type(self, body):
        made = made_up_type(_object(body))
        self.store.types[made.name] = made
        return {"name": made.name}

    def add_fault(self, body):
        self.store.faults.add(body)
        return {"faults": self.store.faults.pending()}

    def show_faults(self, _body):
        return {"faults": self.store.faults.pending()}

    def clear_faults(self, _body):
        self.store.faults.clear()
        return {}

    def add_hook(self, body):
        self.store.faults.add_hook(body)
        return {"hooks": self.store.faults.pending_hooks()}

    def show_hooks(self, _body):
        return {"hooks": self.store.faults.pending_hooks()}

    def clear_hooks(self, _body):
        self.store.faults.clear_hooks()
        return {}

    def show_requests(self, _body):
        return list(self.store.requests)

    def clear_requests(self, _body):
        self.store.requests.clear()
        return {}

    def show_webhook(self, _body, name):
        return self.store.webhooks.show(name)

    def set_webhook(self, body, name):
        return self.store.webhooks.answer_with(name, body)

    def clear_webhook(self, _body, name):
        return self.store.webhooks.clear(name)

    def set_token(self, body, name):
        body = _object(body)
        permissions = set(body.get("permissions", PERMISSIONS))
        if unknown := permissions - set(PERMISSIONS):
            raise ValueError(f"unknown permissions: {sorted(unknown)}")
        accounts = set(body.get("accounts", (ACCOUNT, SECOND_ACCOUNT)))
        known = self.store.tokens.get(name)
        token = Token(
            known.id if known else self.store.hex_id(), permissions, accounts,
            bool(body.get("expired", False)), body.get("owner"),
        )
        self.store.tokens[name] = token
        return {"id": token.id}

    def remove_token(self, _body, name):
        self.store.tokens.pop(name, None)
        return {}

    def set_list(self, body, account_id, collection):
        self.store.account(account_id).lists[collection] = self._raw_list(body)
        return {}

    def set_zone_list(self, body, zone_id, collection):
        self.store.zone(zone_id)[collection] = self._raw_list(body)
        return {}

    @staticmethod
    def _raw_list(body):
        if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
            raise ControlError(400, "the body must be an array of objects")
        return body

    def create(self, body, account_id):
        """Any type, any fields, `id` and `read_only` as given."""
        idp = copy_json(_object(body))
        if not isinstance(idp.get("name"), str) or not isinstance(idp.get("type"), str):
            raise ControlError(400, "name and type are required")
        if not isinstance(idp.setdefault("config", {}), dict):
            raise ControlError(400, "config must be an object")
        if idp.get("id") in self.store.account(account_id).identity_providers:
            raise ControlError(409, "this id exists")
        complete(self.store, idp)
        self.store.put(account_id, idp)
        self._record(account_id, "create", idp["id"], "POST", 201, body)
        return idp

    def patch(self, body, account_id, idp_id):
        previous = self._find(account_id, idp_id)
        patched = merge_patch(previous, _object(body))
        patched["id"] = idp_id
        patched.setdefault("config", {})
        complete(self.store, patched, previous)
        self.store.put(account_id, patched)
        self._record(account_id, "update", idp_id, "PUT", 200, body)
        return patched

    def remove(self, _body, account_id, idp_id):
        self._find(account_id, idp_id)
        self.store.remove(account_id, idp_id)
        self._record(account_id, "delete", idp_id, "DELETE", 202, None)
        return {"id": idp_id}

    def bulk(self, body):
        body = _object(body)
        idp_type = self.store.types[body.get("type", "github")]
        account_id, prefix = body.get("account", ACCOUNT), body.get("prefix", "Bulk")
        ids = []
        for number in range(1, body["count"] + 1):
            label = f"{prefix} {number}"
            config = {**sample_config(idp_type, str(number)), **copy_json(body.get("config", {}))}
            idp = {"name": label, "type": idp_type.name, "config": config}
            complete(self.store, idp)
            self.store.put(account_id, idp)
            ids.append(idp["id"])
        return {"ids": ids}

    def apply_hook(self, patch):
        """What a hook does, as a dashboard user; an object that is gone meanwhile is left alone."""
        account_id, self._actor = patch["account"], patch.get("actor")
        if "create" in patch:
            made = self.create(patch["create"], account_id)
            if patch.get("front"):
                self.store.account(account_id).identity_providers.move_to_end(made["id"], last=False)
        elif patch["id"] in self.store.account(account_id).identity_providers:
            if patch.get("delete"):
                self.remove(None, account_id, patch["id"])
            else:
                self.patch(patch["merge"], account_id, patch["id"])

    def _find(self, account_id, idp_id):
        idp = self.store.account(account_id).identity_providers.get(idp_id)
        if idp is None:
            raise ControlError(404, "no such identity provider")
        return idp

    def _record(self, account_id, action, idp_id, method, status, body):
        uri = f"/client/v4/accounts/{account_id}/access/identity_providers"
        if action != "create":
            uri += f"/{idp_id}"
        self.store.record(account_id, action, idp_id, method=method, uri=uri, status=status, actor=self._actor,
                          request=body)
