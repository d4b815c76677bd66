"""Who may do what, and what a listing shows."""

from case import ACCESS, ACCOUNT, IDPS, OTHER, SimulatorCase


class AccessTest(SimulatorCase):
    def test_authentication(self):
        cases = [
            ("GET", IDPS, None, 400, 9106),
            ("GET", IDPS, "sim-expired", 403, 10000),
            ("GET", IDPS, "nobody", 403, 10000),
            ("POST", IDPS, "sim-read", 403, 10000),
            ("GET", ACCESS + "/apps", "sim-idp-only", 403, 10000),
            ("GET", "/user/tokens/verify", "sim-expired", 401, 1000),
            ("GET", f"/accounts/{'a' * 32}/access/identity_providers", "sim-write", 403, 10000),
            ("GET", "/accounts/zz/access/identity_providers", "sim-write", 400, 7003),
            ("GET", ACCESS + "/nothing", "sim-write", 404, 7003),
        ]
        for method, path, token, status, code in cases:
            answer = self.api(method, path, token=token)
            self.assertEqual((answer.status, answer.code), (status, code), (method, path, token))
        self.assertEqual(self.api("GET", IDPS, token="sim-read").status, 200)
        self.assertEqual(self.api("GET", f"/accounts/{ACCOUNT}/tokens/verify").result["status"], "active")
        self.control("PUT", "/tokens/narrow", {"permissions": ["idp_read"], "accounts": [OTHER]})
        self.assertEqual(self.api("GET", IDPS, token="narrow").status, 403)
        self.assertEqual(self.api("GET", IDPS.replace(ACCOUNT, OTHER), token="narrow").status, 200)
        self.control("PUT", "/tokens/narrow", {"permissions": ["everything"]}, status=400)

    def test_accounts(self):
        self.assertEqual([one["id"] for one in self.api("GET", "/accounts").result], [ACCOUNT, OTHER])
        self.assertEqual(self.api("GET", "/accounts?per_page=51").status, 400)
        self.assertEqual(self.api("GET", "/accounts", token="sim-idp-only").status, 403)
        self.control("PUT", "/tokens/narrow", {"accounts": [OTHER]})
        self.assertEqual([one["id"] for one in self.api("GET", "/accounts", token="narrow").result], [OTHER])

    def test_delete_in_use(self):
        idp = self.made()
        self.control("PUT", f"/accounts/{ACCOUNT}/federation_grants", [{"id": "g", "idp_id": idp["id"]}])
        self.assertEqual(self.api("DELETE", f"{IDPS}/{idp['id']}").status, 409)
        self.control("PUT", f"/accounts/{ACCOUNT}/federation_grants", [])
        zone = "1" * 32
        self.control("PUT", f"/accounts/{ACCOUNT}/zones", [{"id": zone, "name": "example.com"}])
        self.control("PUT", f"/zones/{zone}/apps", [{"saas_app": {"by": {idp["id"]: "x"}}}])
        self.assertEqual(self.api("GET", f"/zones?account.id={ACCOUNT}").result[0]["account"]["id"], ACCOUNT)
        self.assertEqual(len(self.api("GET", f"/zones/{zone}/access/apps").result), 1)
        self.behave(delete_in_use="refused")
        self.assertEqual(self.api("DELETE", f"{IDPS}/{idp['id']}").status, 409)
        self.behave(delete_in_use="allowed")
        self.assertEqual(self.api("DELETE", f"{IDPS}/{idp['id']}").status, 202)

    def test_pagination(self):
        self.control("POST", "/bulk", {"account": ACCOUNT, "type": "okta", "count": 450, "prefix": "P"})
        first, last = self.listed(), self.listed("?page=3")
        self.assertEqual((len(first.result), len(last.result)), (200, 50))
        info = {"count": 50, "page": 3, "per_page": 200, "total_count": 450, "total_pages": 3}
        self.assertEqual(last.json["result_info"], info)
        self.assertEqual(self.listed("?page=4").result, [])
        for query in ("?per_page=1001", "?per_page=0", "?page=x"):
            self.assertEqual(self.listed(query).status, 400)
        self.behave(order="shuffled")
        ids = [idp["id"] for page in range(1, 6) for idp in self.listed(f"?per_page=100&page={page}").result]
        self.assertEqual(len(set(ids)), 450)
        self.behave(result_info="no_total")
        self.assertNotIn("total_count", self.listed().json["result_info"])
        self.behave(result_info="missing")
        self.assertNotIn("result_info", self.listed().json)
        self.behave(result_info="full", short_list=True)
        short = self.listed("?per_page=1000")
        self.assertEqual((len(short.result), short.json["result_info"]["total_count"]), (449, 450))

    def test_raw_lists(self):
        for control, path in (("apps", "apps"), ("policies", "policies"), ("groups", "groups"),
                              ("federation_grants", "idp_federation_grants")):
            self.control("PUT", f"/accounts/{ACCOUNT}/{control}", [{"id": str(n)} for n in range(30)])
            self.assertEqual(len(self.api("GET", f"{ACCESS}/{path}?page=2").result), 5)
        self.control("PUT", f"/accounts/{ACCOUNT}/risk_scoring", [{"reference_id": "r"}])
        self.assertEqual(len(self.api("GET", f"/accounts/{ACCOUNT}/zt_risk_scoring/integrations").result), 1)

    def test_lag(self):
        self.behave(list_lag=2, get_lag=1)
        idp = self.made()
        path = f"{IDPS}/{idp['id']}"
        self.assertEqual([self.api("GET", path).status for _ in range(2)], [404, 200])
        self.assertEqual([len(self.listed().result) for _ in range(3)], [0, 0, 1])
        self.api("PUT", path, self.okta("New"))
        self.assertEqual([self.listed().result[0]["name"] for _ in range(3)], ["Okta", "Okta", "New"])
        self.api("DELETE", path)
        self.assertEqual([len(self.listed().result) for _ in range(3)], [1, 1, 0])
