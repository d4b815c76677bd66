"""The response envelope and the error answers of the API.

The reference found no error codes of its own for identity providers; the ones
marked below are this simulator's choice, so no client may depend on them.
"""

from dataclasses import dataclass, field

from util import dump

INVALID_REQUEST = 12130
NOT_FOUND = 12131  # own choice
CONFLICT = 12132  # own choice
FORBIDDEN = 12133  # own choice


@dataclass
class Response:
    status: int
    body: bytes
    headers: dict = field(default_factory=dict)


class ApiError(Exception):
    """Raised anywhere below the router and turned into a failure envelope."""

    def __init__(self, status, code, message, *more, headers=None, chain=None):
        super().__init__(message)
        self.status = status
        first = {"code": code, "message": message}
        if chain:
            first["error_chain"] = chain
        self.errors = [first] + [{"code": number, "message": text} for number, text in more]
        self.headers = headers or {}

    def response(self):
        body = {"success": False, "errors": self.errors, "messages": [], "result": None}
        return Response(self.status, dump(body), dict(self.headers))


def success(result, status=200, result_info=None):
    body = {"success": True, "errors": [], "messages": [], "result": result}
    if result_info is not None:
        body["result_info"] = result_info
    return Response(status, dump(body))


def invalid(detail):
    return ApiError(400, INVALID_REQUEST, f"access.api.error.invalid_request: {detail}")


def not_found(what):
    return ApiError(404, NOT_FOUND, f"access.api.error.not_found: {what}")


def conflict(detail):
    return ApiError(409, CONFLICT, f"access.api.error.conflict: {detail}")


def forbidden(detail):
    return ApiError(403, FORBIDDEN, f"access.api.error.forbidden: {detail}")


def authentication_error():
    """One answer for a token without permission, for another's account and for a dead token."""
    return ApiError(403, 10000, "Authentication error")


def no_route(path, status=404):
    text = f"Could not route to /client/v4{path}, perhaps your object identifier is invalid?"
    return ApiError(status, 7003, text, (7000, "No route for that URI"))


def method_not_allowed(allowed):
    return ApiError(405, 10405, "Method not allowed", headers={"Allow": ", ".join(allowed)})
