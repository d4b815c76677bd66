"""What the simulated server knows of each identity-provider type.

The table is typed by hand from the API reference and shared with nothing: a
mistake in the daemon's own schemas must not be repeated here by construction.
"""

from dataclasses import dataclass, field

# Kinds of field. "cert" is an array of certificates, "array" one of strings,
# "headers" one of {attribute_name, header_name}; "readonly" is set by the server.
KINDS = ("string", "secret", "boolean", "array", "cert", "headers", "integer", "object", "enum", "readonly")


@dataclass(frozen=True)
class Field:
    kind: str
    enum: tuple = ()
    default: object = None  # only what a server may echo for an unset field


@dataclass(frozen=True)
class IdpType:
    name: str
    fields: dict = field(default_factory=dict)
    needed: tuple = ()
    scim: bool = True


STRING = Field("string")
SECRET = Field("secret")
ARRAY = Field("array")
FLAG = Field("boolean", default=False)

COMMON = {"redirect_url": Field("readonly")}
OAUTH = {"client_id": STRING, "client_secret": SECRET}
CLAIMS = {"claims": ARRAY, "email_claim_name": STRING}
PKCE = {"pkce_enabled": FLAG}
CLIENT = ("client_id", "client_secret")

SCIM_FIELDS = {
    "enabled": FLAG,
    "user_deprovision": FLAG,
    "seat_deprovision": FLAG,
    "group_member_deprovision": Field("boolean"),  # deprecated: accepted, never a default
    "identity_update_behavior": Field("enum", ("automatic", "reauth", "no_action"), "no_action"),
    "secret": Field("readonly"),
    "scim_base_url": Field("readonly"),
}

TOP_READONLY = frozenset(
    ("id", "uid", "version", "read_only", "scim_base_url", "saml_certificate_set", "created_at", "updated_at")
)


def _type(name, *blocks, own=None, needed=(), scim=True):
    fields = dict(COMMON)
    for block in blocks:
        fields.update(block)
    fields.update(own or {})
    return IdpType(name, fields, tuple(needed), scim)


def builtin_types():
    """The fifteen types, as a new dictionary that the caller may extend."""
    table = [
        _type("onetimepin", scim=False),
        _type(
            "azureAD", OAUTH, CLAIMS, PKCE,
            own={
                "directory_id": STRING,
                "support_groups": FLAG,
                "conditional_access_enabled": FLAG,
                "prompt": Field("enum", ("login", "select_account", "none")),
                "azure_cloud": Field("string", default="default"),
            },
            needed=CLIENT + ("directory_id",),
        ),
        _type(
            "saml",
            own={
                "issuer_url": STRING,
                "sso_target_url": STRING,
                "idp_public_certs": Field("cert"),
                "attributes": ARRAY,
                "email_attribute_name": STRING,
                "header_attributes": Field("headers"),
                "sign_request": FLAG,
                "enable_encryption": FLAG,
            },
            needed=("sso_target_url", "issuer_url", "idp_public_certs"),
        ),
        _type(
            "centrify", OAUTH, CLAIMS,
            own={"centrify_account": STRING, "centrify_app_id": STRING},
            needed=CLIENT + ("centrify_account", "centrify_app_id"),
        ),
        _type("facebook", OAUTH, PKCE, needed=CLIENT),
        _type("github", OAUTH, needed=CLIENT),
        _type("google-apps", OAUTH, CLAIMS, PKCE, own={"apps_domain": STRING}, needed=CLIENT + ("apps_domain",)),
        _type("google", OAUTH, CLAIMS, PKCE, needed=CLIENT),
        _type("linkedin", OAUTH, needed=CLIENT),
        _type(
            "oidc", OAUTH, CLAIMS, PKCE,
            own={
                "auth_url": STRING,
                "token_url": STRING,
                "certs_url": STRING,
                "scopes": Field("array", default=("openid", "email", "profile")),
            },
            needed=CLIENT + ("auth_url", "token_url", "certs_url"),
        ),
        _type(
            "okta", OAUTH, CLAIMS, PKCE,
            own={"okta_account": STRING, "authorization_server_id": STRING, "api_token": SECRET},
            needed=CLIENT + ("okta_account",),
        ),
        _type("onelogin", OAUTH, CLAIMS, own={"onelogin_account": STRING}, needed=CLIENT + ("onelogin_account",)),
        _type("pingone", OAUTH, CLAIMS, PKCE, own={"ping_env_id": STRING}, needed=CLIENT + ("ping_env_id",)),
        _type("yandex", OAUTH, needed=CLIENT),
        _type("cloudflare", own={"restrict_to_account_members": FLAG}),
    ]
    return {entry.name: entry for entry in table}


def made_up_type(spec):
    """A type registered by a test; raises ValueError when the description is not one."""
    name, fields = spec.get("name"), spec.get("fields", {})
    if not isinstance(name, str) or not name or not isinstance(fields, dict):
        raise ValueError("a type needs a name and an object of fields")
    table = dict(COMMON)
    for key, kind in fields.items():
        if kind not in KINDS or kind == "enum":
            raise ValueError(f"unknown kind of field: {kind!r}")
        table[key] = Field(kind, default=False if kind == "boolean" else None)
    required = spec.get("required", [])
    if not set(required) <= set(table):
        raise ValueError("a required field is not among the fields")
    return IdpType(name, table, tuple(required), bool(spec.get("scim", True)))


def sample_config(idp_type, label):
    """A config that the strict side accepts, for objects made in bulk."""
    samples = {"array": [label], "cert": [label], "boolean": False, "integer": 1, "object": {"value": label}}
    return {key: samples.get(idp_type.fields[key].kind, f"{key}-{label}") for key in idp_type.needed}
