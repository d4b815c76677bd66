"""The API below /client/v4: authentication, limits and the way from a path to its handler."""

import re

from envelope import ApiError, authentication_error, method_not_allowed, no_route, success
from idp_api import IdpApi
from lists import audit_log, paginated
from util import copy_json

IDENTIFIER = re.compile(r"[0-9a-f]{32}\Z")

# path below /accounts/{id} -> (collection, permission)
ACCOUNT_LISTS = {
    ("access", "apps"): ("apps", "apps_read"),
    ("access", "policies"): ("policies", "policies_read"),
    ("access", "groups"): ("groups", "groups_read"),
    ("access", "idp_federation_grants"): ("federation_grants", "federation_read"),
    ("zt_risk_scoring", "integrations"): ("risk_scoring", "risk_read"),
}
ZONE_LISTS = {
    ("access", "apps"): ("apps", "apps_read"),
    ("access", "groups"): ("groups", "groups_read"),
}


class Api:
    def __init__(self, store):
        self.store = store

    def handle(self, request):
        """The answer to one request; never raises ApiError."""
        admitted, headers = self.store.rates.admit(request.token, self.store.behaviours.rate_limit)
        try:
            if not admitted:
                # The message of a 429 is not in the reference.
                raise ApiError(429, 10429, "Rate limited. Please wait and consider throttling your request speed")
            response = self._dispatch(request)
        except ApiError as error:
            response = error.response()
        response.headers.update(headers)
        return response

    def _dispatch(self, request):
        self._check_header(request)
        match tuple(request.path.strip("/").split("/")):
            case ("user", "tokens", "verify"):
                return self._verify(request, "user")
            case ("accounts",):
                return self._accounts(request)
            case ("accounts", account_id, "tokens", "verify"):
                self._check_id(account_id, request)
                return self._verify(request, "account", account_id)
            case ("accounts", account_id, *rest):
                self._check_id(account_id, request)
                return self._account(request, account_id, tuple(rest))
            case ("zones",):
                return self._zones(request)
            case ("zones", zone_id, *rest) if tuple(rest) in ZONE_LISTS:
                self._check_id(zone_id, request)
                return self._zone_list(request, zone_id, *ZONE_LISTS[tuple(rest)])
        raise no_route(request.path)

    def _account(self, request, account_id, rest):
        match rest:
            case ("access", "identity_providers"):
                operations = {"GET": ("list", "idp_read"), "POST": ("create", "idp_write")}
                arguments = ()
            case ("access", "identity_providers", idp_id):
                operations = {
                    "GET": ("get", "idp_read"), "PUT": ("update", "idp_write"), "DELETE": ("delete", "idp_write"),
                }
                arguments = (idp_id,)
            case ("access", "identity_providers", idp_id, ("refresh_scim_secret" | "saml_certificate") as action):
                operations = {"POST": (action, "idp_write")}
                arguments = (idp_id,)
            case ("logs", "audit"):
                self._authorise(request, "audit_read", account_id, ("GET",))
                return audit_log(self.store, account_id, request.query)
            case _ if rest in ACCOUNT_LISTS:
                collection, permission = ACCOUNT_LISTS[rest]
                self._authorise(request, permission, account_id, ("GET",))
                items = self.store.accounts[account_id].lists[collection]
                return paginated(self.store, collection, items, request.query, 25, 1000)
            case _:
                raise no_route(request.path)
        name, permission = operations.get(request.method, (None, "idp_read"))
        token = self._authorise(request, permission, account_id, tuple(operations))
        return getattr(IdpApi(self.store, account_id, request, token), name)(*arguments)

    def _accounts(self, request):
        token = self._authorise(request, "accounts_read", None, ("GET",))
        items = [{"id": account_id, "name": f"Simulated {account_id[:4]}", "type": "standard"}
                 for account_id in self.store.accounts if account_id in token.accounts]
        return paginated(self.store, "accounts", items, request.query, 20, 50)

    def _zones(self, request):
        token = self._authorise(request, "zones_read", None, ("GET",))
        wanted = request.query.get("account.id")
        items = []
        for account_id, account in self.store.accounts.items():
            if account_id in token.accounts and wanted in (None, account_id):
                items += [{**copy_json(zone), "account": {"id": account_id}} for zone in account.lists["zones"]]
        # Unlike the Access lists, the zones list refuses more than 50 a page.
        return paginated(self.store, "zones", items, request.query, 20, 50)

    def _zone_list(self, request, zone_id, collection, permission):
        owner = next(
            (account_id for account_id, account in self.store.accounts.items()
             if any(zone["id"] == zone_id for zone in account.lists["zones"])), "")
        self._authorise(request, permission, owner, ("GET",))
        return paginated(self.store, f"zone_{collection}", self.store.zone(zone_id)[collection], request.query, 25, 1000)

    @staticmethod
    def _check_header(request):
        header = request.headers.get("Authorization")
        if header is None:
            raise ApiError(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")
        if request.token is None:
            chain = [{"code": 6111, "message": "Invalid format for Authorization header"}]
            raise ApiError(400, 6003, "Invalid request headers", chain=chain)

    @staticmethod
    def _check_id(identifier, request):
        if not IDENTIFIER.match(identifier):
            raise no_route(request.path, status=400)

    def _live_token(self, request):
        token = self.store.tokens.get(request.token)
        return None if token is None or token.expired else token

    def _authorise(self, request, permission, account_id, methods):
        """The live token that may do this. account_id None: no one account is meant."""
        token = self._live_token(request)
        if token is None:
            raise authentication_error()
        if account_id is not None and (account_id not in token.accounts or account_id not in self.store.accounts):
            raise authentication_error()
        if request.method not in methods:
            raise method_not_allowed(methods)
        if not token.may(permission):
            raise authentication_error()
        return token

    def _verify(self, request, owner, account_id=None):
        if request.method != "GET":
            raise method_not_allowed(("GET",))
        token = self._live_token(request)
        if token is None or token.owner not in (None, owner) or (account_id and account_id not in token.accounts):
            # Only the verify endpoints say plainly that it is the token.
            raise ApiError(401, 1000, "Invalid API Token")
        return success({"id": token.id, "status": "active"})
