"""`idpd check` of PingOne: a real OpenID provider behind PingOne's paths, hosts and forms of errors."""

from provider import OTHER_TEAM, CheckCase, callback, client, probe, provider, verdicts

ENVIRONMENT = "9a2b1c3d-4e5f-4061-8273-8495a6b7c8d9"
SUFFIXES = {"na": "com", "ca": "ca", "eu": "eu", "au": "com.au", "sg": "sg", "ap": "asia"}
GOOD = {"discovery": "ok D", "keys": "ok D", "authorize": "ok D", "credentials": "ok D"}


def host(region="na"):
    return f"auth.pingone.{SUFFIXES[region]}"


def environment(*clients, region="na", identifier=ENVIRONMENT, **more):
    """One entry of `openid` in the world."""
    place = {"host": host(region), "path": f"/{identifier}/as"}
    return {"style": "pingone", "issuer": f"https://{place['host']}{place['path']}", "places": [place],
            "clients": list(clients) or [client("app")], **more}


def pingone(client_id="app", identifier=ENVIRONMENT, **more):
    return provider("pingone", client_id, ping_env_id=identifier, **more)


class PingOne(CheckCase):
    def test_every_region_is_asked_where_it_is(self):
        self.there.become({"openid": [environment(region=one, identifier=f"env-{one}") for one in SUFFIXES]})
        self.write_all(**{one: pingone(identifier=f"env-{one}", check={"region": one}) for one in SUFFIXES}, default=pingone(identifier="env-na"))
        found = self.check(token_requests=2)
        self.assertEqual({key: verdicts(one) for key, one in found.items()}, {key: GOOD for key in [*SUFFIXES, "default"]})
        for one in SUFFIXES:
            self.assertEqual(probe(found[one], "credentials")["endpoint"], f"https://{host(one)}/env-{one}/as/token")

    def test_a_region_that_is_not_named_is_found_and_its_probes_go_there(self):
        for region in ("eu", "ap"):
            with self.subTest(region):
                self.there.become({"openid": [environment(region=region)]})
                self.write_all(workforce=pingone())
                found = self.check()["workforce"]
                self.assertEqual(verdicts(found), {**GOOD, "discovery": "unknown I"})
                self.assert_says(found, "discovery", "unknown I", f"region {region}", f"set check.region: {region}", "type oidc")
                self.assertEqual(self.secrets_sent(), [(f"{host(region)}/{ENVIRONMENT}/as/token", "client_secret_basic", "right")])

    def test_an_environment_that_is_nowhere_is_bad_unless_a_region_did_not_answer(self):
        self.write_all(workforce=pingone())
        self.assert_says(self.check()["workforce"], "discovery", "bad D", "no such environment", "Environment ID", "NOT_FOUND")
        self.assertEqual(self.hosts_reached(), {host(one) for one in SUFFIXES})
        self.there.become({"answers": {host("sg"): "reset"}})
        self.assertEqual(verdicts(self.check()["workforce"])["discovery"], "unknown -")
        self.write_all(workforce=pingone(check={"region": "eu"}))
        self.there.become({"openid": [environment()]})
        self.assert_says(self.check()["workforce"], "discovery", "bad D", "check.region")
        self.assertEqual(self.hosts_reached(), {host("eu")})

    def test_a_custom_domain(self):
        custom = {"host": "id.example.test", "path": "/as"}
        entry = environment(region="eu", issuer="https://id.example.test/as")
        entry["places"].append(custom)
        self.there.become({"openid": [entry]})
        self.write_all(told=pingone(check={"custom_domain": "id.example.test"}), not_told=pingone(check={"region": "eu"}))
        found = self.check()
        self.assertEqual({key: verdicts(one) for key, one in found.items()}, {"told": GOOD, "not_told": GOOD})
        self.assertEqual({probe(one, "credentials")["endpoint"] for one in found.values()},
                         {"https://id.example.test/as/token", f"https://{host('eu')}/{ENVIRONMENT}/as/token"})
        self.assert_says(found["not_told"], "discovery", "ok D", "https://id.example.test/as", "check.custom_domain")
        self.assertEqual(probe(found["told"], "discovery")["notes"], [])

    def test_what_is_wrong_with_an_application_is_told_apart_in_both_forms_of_its_errors(self):
        for errors in ("json", "redirect"):
            with self.subTest(errors):
                self.there.become({"openid": [environment(errors=errors)]})
                self.write_all(unknown=pingone("nobody"), secret=pingone(secret="WRONG_SECRET"), redirect=pingone(check={"team_domain": OTHER_TEAM}))
                found = self.check(token_requests=3)
                refused = "Request denied: Invalid client credentials (Correlation ID: "
                self.assert_says(found["unknown"], "credentials", "bad D", refused, "PingOne console")
                self.assert_says(found["unknown"], "authorize", "unknown R", "NOT_FOUND", "Client ID")
                self.assert_says(found["secret"], "credentials", "bad D", refused)
                self.assertEqual(verdicts(found["secret"])["authorize"], "ok D")
                self.assert_says(found["redirect"], "authorize", "bad D", "INVALID_DATA", "Redirect URI mismatch", "client id is another",
                                 callback(OTHER_TEAM), "Redirect URIs")
                self.assertEqual(verdicts(found["redirect"])["credentials"], "ok D")

    def test_pkce_and_scopes_as_the_application_has_them(self):
        self.there.become({"openid": [environment(client("pkce", pkce_required=True), client("narrow", scope="openid profile"))]})
        self.write_all(off=pingone("pkce"), on=pingone("pkce", pkce_enabled=True), scope=pingone("narrow"))
        found = self.check(token_requests=2)
        self.assert_says(found["off"], "authorize", "bad D", "requires PKCE", "config.pkce_enabled: true")
        self.assertEqual(verdicts(found["on"]), GOOD)
        self.assert_says(found["scope"], "authorize", "bad D", "a scope is refused", "invalid_scope")

    def test_an_application_that_takes_its_secret_in_the_body_only(self):
        self.there.become({"openid": [environment(client("app", method="client_secret_post"), client("other", method="client_secret_post"))]})
        self.write_all(post=pingone())
        found = self.check(token_requests=2)["post"]
        self.assert_says(found, "credentials", "unknown R", "secret is right", "Unsupported authentication method", "Client Secret Basic")
        place = f"{host()}/{ENVIRONMENT}/as/token"
        self.assertEqual(self.secrets_sent(), [(place, "client_secret_basic", "right"), (place, "client_secret_post", "right")])
        self.write_all(wrong=pingone("other", secret="WRONG_SECRET"))
        self.assert_says(self.check(token_requests=2)["wrong"], "credentials", "bad D", "Invalid client credentials")
        self.assertEqual([how for _, how, _ in self.secrets_sent()], ["client_secret_basic", "client_secret_post"])

    def test_a_control_tells_that_the_secret_was_looked_at(self):
        self.there.become({"openid": [environment()]})
        self.write_all(workforce=pingone())
        self.assertEqual(verdicts(self.check("--control", token_requests=2)["workforce"]), {**GOOD, "credentials": "ok M"})
