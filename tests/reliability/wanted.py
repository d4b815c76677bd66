"""What the full scenario is about (scenario.py): the identity providers before the step under test, what the files want
after it, the writes that lead there, and the secrets, each of which is a canary.
"""

ZONE = "abcdefabcdefabcdefabcdefabcdefab"
TOKEN = "canary-token-5d1f0c"
SCIM = {"enabled": True, "user_deprovision": True}
SECRETS = {name: f"canary-{name.lower()}-7be2" for name in (
    "WORKFORCE", "ROTATING", "CONTRACTORS_OLD", "CONTRACTORS", "LEAVER", "SETTLED", "PARTNERS", "PARTNERS_API",
    "AUDITORS")}
ROTATED = "canary-rotating-new-91aa"
STRANGER = "canary-stranger-44c0"


def _entry(name, kind, secret, scim=None, **config):
    body = {"name": name, "type": kind, "config": {"client_id": f"id-of-{name}", "client_secret": f"${{env:{secret}}}",
                                                   **config}}
    return {**body, "scim_config": scim} if scim else body


def _pingone(name, secret, scim=None):
    return _entry(name, "pingone", secret, scim, ping_env_id="9a2b")


def _okta(name, secret, **config):
    return _entry(name, "okta", secret, okta_account="https://example.okta.com", **config)


BEFORE = {
    "contractors": _okta("Contractors", "CONTRACTORS_OLD"),
    "leaver": _okta("Leaver", "LEAVER"),
    "rotating": _entry("Rotating", "github", "ROTATING"),
    "settled": _entry("Settled", "google", "SETTLED"),
    "workforce": _pingone("Workforce", "WORKFORCE"),
}
AFTER = {
    "auditors": _pingone("Auditors", "AUDITORS", SCIM),  # create, with a SCIM secret in the answer
    "contractors": _entry("Contractors", "github", "CONTRACTORS"),  # replace: another type under the same name
    "partners": _okta("Partners", "PARTNERS", api_token="${env:PARTNERS_API}"),  # create
    "rotating": BEFORE["rotating"],  # update: its secret moves behind its reference
    "settled": BEFORE["settled"],  # in sync
    "workforce": _pingone("Workforce", "WORKFORCE", SCIM),  # update, with a SCIM secret in the answer
}
# What the apply under test makes of them.
ACTIONS = {"auditors": "create", "contractors": "replace", "leaver": "delete", "partners": "create",
           "rotating": "update", "workforce": "update"}
BRINGS_SCIM_SECRET = ("auditors", "workforce")


FOREIGN = ("Passing", "Stranger", "Newcomer")  # the last one comes where a fault makes it come


def foreign(name, **more):
    return {"name": name, "type": "github", "config": {"client_id": "theirs", "client_secret": STRANGER}, **more}


def plain(value, environment):
    """The value with its references resolved, as the API must hold it."""
    if isinstance(value, dict):
        return {key: plain(item, environment) for key, item in value.items()}
    if isinstance(value, str) and value.startswith("${env:"):
        return environment[value[6:-1]]
    return value
