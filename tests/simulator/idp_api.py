"""The identity-provider endpoints: list, create, read, replace, delete and what hangs on one."""

from envelope import conflict, forbidden, invalid, not_found, success
from lifecycle import complete, new_certificate_set, refuse_delete_in_use
from lists import page_of, paginated
from render import Renderer
from validation import Write


class IdpApi:
    def __init__(self, store, account_id, request, token):
        self.store = store
        self.account_id = account_id
        self.account = store.accounts[account_id]
        self.request = request
        self.token = token
        self.renderer = Renderer(store)

    def list(self):
        items = self.store.listed(self.account, page_of(self.request.query) == 1)
        if self.request.query.get("scim_enabled") == "true":
            items = [item for item in items if (item.get("scim_config") or {}).get("enabled")]
        return paginated(
            self.store, "identity_providers", items, self.request.query, 200, 1000, self.renderer.render
        )

    def create(self):
        body = self.request.json()
        written = Write(self.store, body).result()
        self._refuse_twin(written["name"])
        made_secret = complete(self.store, written)
        if any((one["type"], one["name"]) == (written["type"], written["name"])
               for one in self.account.identity_providers.values()):
            self.store.twins.append(written["id"])
        self.store.put(self.account_id, written, lagging=True)
        return self._answer("create", written, made_secret, 201)

    def get(self, idp_id):
        lag = self.account.get_lag.get(idp_id, 0)
        if lag:
            if lag > 1:
                self.account.get_lag[idp_id] = lag - 1
            else:
                del self.account.get_lag[idp_id]
            raise not_found("identity provider")
        return success(self.renderer.render(self._find(idp_id)))

    def update(self, idp_id):
        previous = self._writable(idp_id)
        written = Write(self.store, self.request.json(), previous).result()
        self._refuse_twin(written["name"], idp_id)
        written["config"]["redirect_url"] = previous["config"]["redirect_url"]
        # Top-level fields that only the server knows survive a replacement.
        for key in previous.keys() - {"scim_config", "saml_certificate_set_id", "saml_certificate_set"}:
            written.setdefault(key, previous[key])
        made_secret = complete(self.store, written, previous)
        self.store.put(self.account_id, written, lagging=True)
        return self._answer("update", written, made_secret, 200)

    def delete(self, idp_id):
        self._writable(idp_id)
        refuse_delete_in_use(self.store, self.account_id, idp_id)
        self.store.remove(self.account_id, idp_id, lagging=True)
        self.store.deleted.append(idp_id)
        self._record("delete", idp_id, 202, {"id": idp_id})
        return success({"id": idp_id}, 202)

    def refresh_scim_secret(self, idp_id):
        """Named by the documentation without method, body or answer; this shape is a guess."""
        idp = self._writable(idp_id)
        scim = idp.get("scim_config") or {}
        if not scim.get("enabled"):
            raise invalid("SCIM is not enabled")
        scim["secret"] = self.store.scim_secret()
        self.store.put(self.account_id, idp)
        self._record("update", idp_id, 200, None)
        return success({"secret": scim["secret"]})

    def saml_certificate(self, idp_id):
        idp = self._writable(idp_id)
        if idp["type"] != "saml":
            raise invalid("not a SAML identity provider")
        if "saml_certificate_set" in idp:
            return success(idp["saml_certificate_set"])
        idp["saml_certificate_set"] = new_certificate_set(self.store)
        idp["saml_certificate_set_id"] = idp["saml_certificate_set"]["uid"]
        self.store.put(self.account_id, idp)
        self._record("update", idp_id, 201, None)
        return success(idp["saml_certificate_set"], 201)

    def _find(self, idp_id):
        idp = self.account.identity_providers.get(idp_id)
        if idp is None:
            raise not_found("identity provider")
        return idp

    def _writable(self, idp_id):
        idp = self._find(idp_id)
        if idp.get("read_only"):
            raise forbidden("the identity provider is read-only")
        return idp

    def _refuse_twin(self, name, own_id=None):
        if self.store.behaviours.duplicate_names == "allowed":
            return
        for idp in self.account.identity_providers.values():
            if idp["name"] == name and idp["id"] != own_id:
                raise conflict("an identity provider of this name already exists")

    def _answer(self, action, idp, made_secret, status):
        view = self.renderer.render(idp, reveal_scim=made_secret)
        self._record(action, idp["id"], status, view)
        return success(view, status)

    def _record(self, action, idp_id, status, response):
        # The body goes in unredacted: the reference warns that the log may hold secrets.
        self.store.record(
            self.account_id, action, idp_id, method=self.request.method, uri="/client/v4" + self.request.path,
            status=status, token=self.token, request=self.request.body_for_log(), response=response,
            agent=self.request.headers.get("User-Agent", ""),
        )
