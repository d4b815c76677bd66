"""What a fault can do to a true answer: lists that are wrong in ways that look right."""

from envelope import Response
from util import dump, parse


def _short(body):
    """The last entry is missing and counted."""
    body["result"] = body["result"][:-1]


def _empty(body):
    """A list of nothing that says so itself."""
    body["result"] = []
    body["result_info"] = {"count": 0, "page": 1, "per_page": 1000, "total_count": 0, "total_pages": 0}


def _empty_without_info(body):
    body["result"] = []
    body.pop("result_info", None)


def _twice(body):
    """The first entry comes again at the end and is counted."""
    body["result"] += body["result"][:1]
    if "total_count" in body.get("result_info", {}):
        body["result_info"]["total_count"] += 1


def _twice_instead(body):
    """The first entry comes again in place of the last: the count is right, one is missing."""
    body["result"] = body["result"][:-1] + body["result"][:1]


def _no_result(body):
    body["result"] = None


def _other_total(body):
    """A total that does not fit to the other pages."""
    body.get("result_info", {})["total_count"] = len(body["result"]) + 1000


EDITS = {
    "short": _short, "empty": _empty, "empty_without_info": _empty_without_info, "twice": _twice,
    "twice_instead": _twice_instead, "no_result": _no_result, "other_total": _other_total,
}


def edited(response, name):
    """The answer after the edit; one without a list stays as it is, except for `no_result`."""
    body = parse(response.body)
    if name != "no_result" and not isinstance(body.get("result"), list):
        return response
    EDITS[name](body)
    return Response(response.status, dump(body), response.headers)
