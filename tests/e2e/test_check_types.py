"""`idpd check` of the other types, each against the answers that are documented or reported of it."""

from provider import OTHER_TEAM, CheckCase, callback, client, provider, verdicts

DIRECTORY = "3d5c1f70-8a4e-4b1d-9c52-7f60e2ab9d13"
ENTRA_TOKEN = "eyJ0b2tlbiI6Im9mIHRoZSBzdGFuZC1pbiJ9.s3cret"


class Types(CheckCase):
    def test_github_says_no_under_200(self):
        self.there.become({"github": {"clients": [client("app")]}})
        self.write_all(good=provider("github"), secret=provider("github", secret="WRONG_SECRET"), unknown=provider("github", "nobody"),
                       redirect=provider("github", check={"team_domain": OTHER_TEAM}))
        found = self.check(token_requests=3)
        self.assertEqual(verdicts(found["good"]), {"credentials": "ok D"})
        self.assert_says(found["secret"], "credentials", "bad D", "incorrect_client_credentials")
        self.assert_says(found["redirect"], "credentials", "bad D", "redirect_uri_mismatch", callback(OTHER_TEAM))
        self.assert_says(found["unknown"], "credentials", "unknown I", "may not know the client id")

    def test_google_takes_a_control_to_tell_that_a_secret_is_right(self):
        google = {"clients": [client("app"), client("gone", state="deleted")]}
        self.there.become({"google": google})
        self.write_all(login=provider("google"), workspace=provider("google-apps", apps_domain="example.com"), gone=provider("google", "gone"),
                       secret=provider("google", secret="WRONG_SECRET"), redirect=provider("google", check={"team_domain": OTHER_TEAM}))
        found = self.check(token_requests=4)
        for key in ("login", "workspace"):
            self.assertEqual(verdicts(found[key]), {"discovery": "ok D", "keys": "ok D", "authorize": "ok D", "credentials": "unknown D"})
            self.assert_says(found[key], "credentials", "unknown D", "not known", f"idpd check --control {key}")
        self.assert_says(found["secret"], "credentials", "bad D", "invalid_client: Unauthorized")
        self.assert_says(found["gone"], "credentials", "unknown R", "deleted_client")
        self.assert_says(found["redirect"], "authorize", "bad D", callback(OTHER_TEAM))
        self.assert_says(self.check("login", "--control", token_requests=2)["login"], "credentials", "ok M", "a wrong secret is answered otherwise")
        self.assertEqual([secret for _, _, secret in self.secrets_sent()], ["right", "wrong"])
        self.there.become({"google": {**google, "order": "code first"}})
        self.assert_says(self.check("login", "--control", token_requests=2)["login"], "credentials", "unknown M", "cannot be tested")

    def test_entra_says_by_a_number_what_is_wrong(self):
        self.witness.secrets[ENTRA_TOKEN] = "the token in an answer"
        states = {"expired": "AADSTS7000222", "disabled": "AADSTS7000112", "public": "AADSTS700025"}
        clients = [client("app"), client("blocked", state="blocked"), *(client(one, state=one) for one in states)]
        self.there.become({"entra": {"directory": DIRECTORY, "access_token": ENTRA_TOKEN, "clients": clients}})
        entra = {one: provider("azureAD", one, directory_id=DIRECTORY) for one in [*states, "blocked"]}
        self.write_all(**entra, good=provider("azureAD", directory_id=DIRECTORY), nobody=provider("azureAD", "nobody", directory_id=DIRECTORY),
                       secret=provider("azureAD", directory_id=DIRECTORY, secret="WRONG_SECRET"),
                       redirect=provider("azureAD", directory_id=DIRECTORY, check={"team_domain": OTHER_TEAM}),
                       directory=provider("azureAD", "elsewhere", directory_id="9d13"))
        found = self.check(token_requests=3)
        self.assertEqual(verdicts(found["good"]), {"discovery": "ok D", "keys": "ok D", "authorize": "ok D", "credentials": "ok D"})
        for one, code in states.items():
            self.assert_says(found[one], "credentials", "bad D", code)
        self.assert_says(found["secret"], "credentials", "bad D", "AADSTS7000215", "Secret ID")
        self.assert_says(found["nobody"], "credentials", "bad D", "AADSTS700016", "config.directory_id")
        self.assert_says(found["blocked"], "credentials", "unknown D", "AADSTS53003")
        self.assert_says(found["redirect"], "authorize", "unknown I", "AADSTS50011", callback(OTHER_TEAM))
        self.assertEqual(verdicts(found["redirect"])["credentials"], "ok D")
        self.assert_says(found["directory"], "discovery", "bad D", "config.directory_id")
        self.assertEqual({how for _, how, _ in self.secrets_sent()}, {"client_secret_post"})

    def test_okta_on_the_servers_that_it_has(self):
        for server in (None, "aus9o8wzkhckw9TLa0h7z"):
            with self.subTest(server):
                more = {"okta_account": "https://example.okta.com", **({"authorization_server_id": server} if server else {})}
                self.there.become({"okta": {"host": "example.okta.com", "server": server, "clients": [client("app")]}})
                self.write_all(good=provider("okta", **more), secret=provider("okta", secret="WRONG_SECRET", **more),
                               unknown=provider("okta", "nobody", **more), redirect=provider("okta", check={"team_domain": OTHER_TEAM}, **more))
                found = self.check(token_requests=3)
                self.assertEqual(verdicts(found["good"]), {"discovery": "ok D", "keys": "ok D", "authorize": "ok D", "credentials": "ok D"})
                self.assert_says(found["secret"], "credentials", "bad D", "secret is wrong")
                self.assert_says(found["unknown"], "credentials", "bad D", "does not know the client id")
                self.assert_says(found["redirect"], "authorize", "bad D", "redirect URI", callback(OTHER_TEAM))

    def test_onelogin_by_introspection(self):
        self.there.become({"onelogin": {"host": "example.onelogin.com", "clients": [client("app")]}})
        account = {"onelogin_account": "https://example.onelogin.com"}
        self.write_all(good=provider("onelogin", **account), secret=provider("onelogin", secret="WRONG_SECRET", **account),
                       redirect=provider("onelogin", check={"team_domain": OTHER_TEAM}, **account))
        found = self.check(token_requests=3)
        self.assertEqual(verdicts(found["good"]), {"discovery": "ok D", "keys": "ok D", "authorize": "ok D", "credentials": "ok D"})
        self.assert_says(found["secret"], "credentials", "bad D", "invalid_client")
        self.assert_says(found["redirect"], "authorize", "bad D", callback(OTHER_TEAM))
        self.assertEqual({where for where, _, _ in self.secrets_sent()}, {"example.onelogin.com/oidc/2/token/introspection"})

    def test_what_is_only_reported_is_a_hint_until_a_control_is_asked_for(self):
        kinds = ("facebook", "linkedin", "yandex")
        self.there.become({kind: {"clients": [client("app")]} for kind in kinds})
        self.write_all(**{kind: provider(kind) for kind in kinds}, **{f"{kind}-secret": provider(kind, secret="WRONG_SECRET") for kind in kinds})
        found = self.check(token_requests=2)
        for kind, grade in (("facebook", "R"), ("linkedin", "I"), ("yandex", "I")):
            self.assert_says(found[kind], "credentials", f"unknown {grade}", "only the made-up code seems to be refused", f"--control {kind}")
        self.assert_says(found["facebook-secret"], "credentials", "unknown R", "Error validating client secret.")
        for kind in ("linkedin", "yandex"):
            self.assert_says(found[f"{kind}-secret"], "credentials", "bad D", "invalid_client")
        for kind, one in self.check("--control", *kinds, token_requests=2).items():
            self.assertEqual(verdicts(one), {"credentials": "ok M"}, kind)
