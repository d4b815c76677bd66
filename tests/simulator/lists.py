"""Pages of lists, the lists of raw objects around Access, and the audit log."""

import base64
from datetime import datetime, timezone

from envelope import authentication_error, invalid, no_route, success
from util import copy_json


def _number(query, name, default, most=None):
    text = query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise invalid(f"{name} must be a positive number")
    if most is not None and int(text) > most:
        raise invalid(f"{name} must be at most {most}")
    return int(text)


def page_of(query):
    return _number(query, "page", 1)


def paginated(store, collection, items, query, default, most, render=copy_json):
    """One page of the items, with as much result_info as the behaviours leave."""
    page = page_of(query)
    per_page = _number(query, "per_page", default, most)
    per_page = min(per_page, store.behaviours.most_per_page or per_page)
    total = len(items)
    if store.behaviours.is_short(collection):
        # The last item is lost, not only miscounted: who believes the list makes a twin.
        total = max(total, 1)
        items = items[:-1]
    shown = [render(item) for item in items[(page - 1) * per_page : page * per_page]]
    info = {"count": len(shown), "page": page, "per_page": per_page}
    if store.behaviours.result_info == "full":
        info.update(total_count=total, total_pages=-(-total // per_page))
    return success(shown, result_info=None if store.behaviours.result_info == "missing" else info)


def _moment(query, name):
    text = query.get(name)
    if not text:
        raise invalid(f"{name} is required")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"{name} is not a date or time") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


AUDIT_FILTERS = {
    "id": ("id",),
    "resource_id": ("resource", "id"),
    "resource_type": ("resource", "type"),
    "resource_product": ("resource", "product"),
    "action_type": ("action", "type"),
    "action_result": ("action", "result"),
    "actor_email": ("actor", "email"),
    "actor_token_id": ("actor", "token_id"),
    "raw_uri": ("raw", "uri"),
    "raw_method": ("raw", "method"),
}


def _at(entry, path):
    for key in path:
        entry = entry[key]
    return entry


def audit_log(store, account_id, query):
    """Version 2 of the log: a required span of time, newest first, pages by cursor."""
    if store.behaviours.audit_log == "refused":
        raise authentication_error()
    if store.behaviours.audit_log == "missing":
        raise no_route(f"/accounts/{account_id}/logs/audit")
    since, before = _moment(query, "since"), _moment(query, "before")
    limit = _number(query, "limit", 100, 1000)
    direction = query.get("direction", "desc")
    if direction not in ("asc", "desc"):
        raise invalid("direction must be asc or desc")
    entries = [
        entry for entry in store.audit
        if entry["account"]["id"] == account_id
        and since <= datetime.fromisoformat(entry["action"]["time"]) <= before
    ]
    for name, path in AUDIT_FILTERS.items():
        if name in query:
            entries = [entry for entry in entries if _at(entry, path) == query[name]]
        if name + ".not" in query:
            entries = [entry for entry in entries if _at(entry, path) != query[name + ".not"]]
    if direction == "desc":
        entries.reverse()
    start = _start(entries, query.get("cursor"))
    shown = entries[start : start + limit]
    info = {"count": str(len(shown)), "cursor": ""}
    if start + limit < len(entries):
        info["cursor"] = base64.urlsafe_b64encode(shown[-1]["id"].encode()).decode()
    return success(copy_json(shown), result_info=info)


def _start(entries, cursor):
    """The cursor names the last entry shown, so that entries written since do not shift a page."""
    if not cursor:
        return 0
    try:
        last = base64.urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        raise invalid("bad cursor") from None
    for position, entry in enumerate(entries):
        if entry["id"] == last:
            return position + 1
    raise invalid("bad cursor")
