"""How a stored identity provider looks to a client.

Secrets are redacted, and every form that the reference leaves open (false or
absent, order, certificates, defaults) follows the behaviour switches.
"""

import base64
import binascii
import textwrap

from idp_types import SCIM_FIELDS
from util import copy_json
from validation import is_unset

PEM_BEGIN = "-----BEGIN CERTIFICATE-----"
PEM_END = "-----END CERTIFICATE-----"


def certificate(text, form):
    """The same certificate in another form; text that is none is left alone."""
    if form == "kept":
        return text
    bare = "".join(text.replace(PEM_BEGIN, "").replace(PEM_END, "").split())
    try:
        base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        return text
    if form == "base64":
        return bare
    wrapped = "\n".join(textwrap.wrap(bare, 64))
    return f"{PEM_BEGIN}\n{wrapped}\n{PEM_END}\n" if form == "pem" else wrapped


class Renderer:
    def __init__(self, store):
        self.types = store.types
        self.behaviours = store.behaviours
        self.rng = store.rng

    def render(self, idp, reveal_scim=False):
        idp_type = self.types.get(idp["type"])
        fields = idp_type.fields if idp_type else {}
        view = {key: copy_json(value) for key, value in idp.items() if key not in ("config", "scim_config")}
        if idp["type"] == "pingone":
            view["type"] = self.behaviours.pingone_type
        if not view.get("read_only"):
            self._boolean(view, "read_only", False)
        view["config"] = self._config(idp["config"], fields)
        scim = idp.get("scim_config")
        if scim is None and self.behaviours.echo_defaults and idp_type and idp_type.scim:
            scim = {}
        if scim is not None:
            view["scim_config"] = self._scim(scim, reveal_scim)
            if self.behaviours.scim_base_url_at == "top" and "scim_base_url" in view["scim_config"]:
                view["scim_base_url"] = view["scim_config"].pop("scim_base_url")
        return view

    def _config(self, config, fields):
        view = self._section(config, fields)
        certificates = view.get("idp_public_certs")
        if isinstance(certificates, list):
            view["idp_public_certs"] = [certificate(text, self.behaviours.cert_form) for text in certificates]
            if self.behaviours.cert_alias and len(certificates) == 1:
                view["idp_public_cert"] = view.pop("idp_public_certs")[0]
        view.update(copy_json(self.behaviours.extra_fields))
        return view

    def _scim(self, scim, reveal):
        view = self._section(scim, SCIM_FIELDS)
        view.pop("secret", None)
        if "secret" in scim:
            if reveal:
                view["secret"] = scim["secret"]
            else:
                self._secret(view, "secret")
        return view

    def _section(self, stored, fields):
        view = {}
        for key, value in stored.items():
            field = fields.get(key)
            if field is not None and field.kind == "secret":
                if not is_unset(value):
                    self._secret(view, key)
            elif value is False:
                self._boolean(view, key, value)
            elif is_unset(value) and field is not None:
                continue
            elif isinstance(value, list) and self.behaviours.order == "shuffled":
                view[key] = self.rng.sample(copy_json(value), len(value))
            else:
                view[key] = copy_json(value)
        for key, field in fields.items():
            if is_unset(stored.get(key)):
                self._unset(view, key, field)
        return view

    def _unset(self, view, key, field):
        if self.behaviours.echo_defaults and field.default is not None:
            if field.default is False:
                self._boolean(view, key, False)
            else:
                view[key] = copy_json(field.default)
        elif self.behaviours.empty_form == "empty":
            if field.kind in ("string", "secret", "enum"):
                view[key] = ""
            elif field.kind in ("array", "cert", "headers"):
                view[key] = []

    def _boolean(self, view, key, value):
        if self.behaviours.false_form == "absent":
            view.pop(key, None)
        else:
            view[key] = value

    def _secret(self, view, key):
        if self.behaviours.redaction == "asterisks":
            # Never one fixed length: a client must not know the mask by heart.
            view[key] = "*" * self.rng.randint(8, 40)
        elif self.behaviours.redaction == "empty":
            view[key] = ""
