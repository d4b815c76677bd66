"""What the server adds by itself to an identity provider when one is stored.

Ids, the redirect URL, the SCIM secret and the SAML certificate set belong to
the server. The API and the dashboard side both pass through here.
"""

from envelope import conflict
from store import TEAM_DOMAIN, ZONE_COLLECTIONS, now
from util import mentions


def complete(store, idp, previous=None):
    """Adds the server's own parts in place; returns whether a SCIM secret was made just now."""
    idp.setdefault("id", previous["id"] if previous else store.uuid())
    idp["uid"] = idp["id"]
    idp.setdefault("read_only", bool(previous and previous.get("read_only")))
    idp["config"].setdefault("redirect_url", f"https://{TEAM_DOMAIN}/cdn-cgi/access/callback")
    _certificate_set(store, idp, previous)
    return _scim(store, idp, previous)


def _scim(store, idp, previous):
    scim = idp.get("scim_config")
    if not isinstance(scim, dict):
        return False
    before = (previous or {}).get("scim_config") or {}
    if "scim_base_url" in before:
        scim.setdefault("scim_base_url", before["scim_base_url"])
    if not scim.get("enabled"):
        scim.pop("secret", None)
        return False
    scim.setdefault("scim_base_url", f"https://{TEAM_DOMAIN}/populations/{idp['id']}/scim/v2")
    if before.get("enabled") and before.get("secret"):
        scim.setdefault("secret", before["secret"])
        return False
    scim.setdefault("secret", store.scim_secret())
    return True


def new_certificate_set(store):
    moment = now()
    return {
        "uid": store.uuid(),
        "created_at": moment,
        "updated_at": moment,
        "current_certificate": {"public_certificate": f"certificate-{store.hex_id()}", "not_after": "2099-01-01T00:00:00Z"},
        "previous_certificate": None,
    }


def _certificate_set(store, idp, previous):
    if not idp["config"].get("enable_encryption"):
        idp.pop("saml_certificate_set", None)
        return
    before = (previous or {}).get("saml_certificate_set")
    # An update without the set's id is a replacement: it gets another certificate.
    if before and idp.get("saml_certificate_set_id") == before["uid"]:
        idp["saml_certificate_set"] = before
        return
    fresh = new_certificate_set(store)
    fresh["uid"] = idp.setdefault("saml_certificate_set_id", fresh["uid"])
    idp["saml_certificate_set"] = fresh


def refuse_delete_in_use(store, account_id, idp_id):
    """Raises a conflict; only the refusal over federation grants is documented."""
    account = store.account(account_id)
    if mentions(account.lists["federation_grants"], idp_id):
        raise conflict("the identity provider is the source of a federation grant")
    if store.behaviours.delete_in_use == "allowed":
        return
    places = [account.lists[name] for name in ("apps", "policies", "groups")]
    for zone in account.lists["zones"]:
        places += [store.zone(zone["id"])[name] for name in ZONE_COLLECTIONS]
    if any(mentions(place, idp_id) for place in places):
        raise conflict("the identity provider is in use")
