"""GitHub's and GitLab's APIs, as far as the workflows in configs/ci/ ask them: comments of one pull request and issues.
Strict: what they would refuse is refused, and what the workflows have no business to ask is kept in `surprises`.
"""

import http.server
import json
import re
import threading
import urllib.parse

PULL = 7
GITHUB_LONGEST = 65536


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Forge:
    """`comments` and `issues` as they stand; `writes` and `surprises` as they came."""

    def __init__(self, routes, token_header, token):
        self.routes, self.token_header, self.token = routes, token_header, token
        self.comments, self.issues, self.writes, self.surprises = [], [], [], []
        self.next_id = 100
        forge = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                status, body = forge.handle(self.command, self.path, self.headers,
                                            self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def handle(self, method, path, headers, data):
        where = urllib.parse.urlsplit(path)
        try:
            for verb, pattern, keys, act in self.routes:
                found = re.fullmatch(pattern, where.path)
                if verb != method or not found:
                    continue
                if headers.get(self.token_header) != self.token:
                    raise Refused(401, "the token is wrong")
                query = dict(urllib.parse.parse_qsl(where.query, strict_parsing=bool(where.query)))
                if method == "GET":
                    return 200, act(self, query, *found.groups())
                if headers.get("Content-Type") != "application/json":
                    raise Refused(415, "this is no JSON")
                body = json.loads(data)
                if not set(body) <= keys:
                    raise Refused(422, f"{set(body) - keys} is unknown here")
                self.writes.append((method, where.path, body))
                return 201 if method == "POST" else 200, act(self, body, *found.groups())
            raise Refused(404, "there is nothing here")
        except (Refused, ValueError, KeyError, StopIteration) as error:
            self.surprises.append((method, path, repr(error)))
            return getattr(error, "status", 400), {"message": str(error)}

    def new(self, **item):
        self.next_id += 1
        return {"id": self.next_id, **item}

    def page(self, items, query):
        size, number = int(query.pop("per_page")), int(query.pop("page", 1))
        if size > 100:
            raise Refused(400, "a page has 100 at most")
        return items[(number - 1) * size:number * size]

    @staticmethod
    def by_id(items, number, name="id"):
        return next(one for one in items if str(one[name]) == number)


# --- GitHub ---

BOT = {"login": "github-actions[bot]"}


def text(body):
    if not isinstance(body, str) or not body.strip() or len(body) > GITHUB_LONGEST:
        raise Refused(422, f"a body of 1 to {GITHUB_LONGEST} characters")
    return body


def known(query, **values):
    if query != values:
        raise Refused(422, f"{query} is not what is known here")


def github_comments(forge, query):
    page = forge.page(forge.comments, query)
    known(query)
    return page


def github_comment(forge, body):
    forge.comments.append(forge.new(user=BOT, body=text(body["body"])))
    return forge.comments[-1]


def github_edit(forge, body, number):
    one = forge.by_id(forge.comments, number)
    if one["user"] != BOT:  # GitHub would let it
        raise Refused(403, "somebody else wrote that")
    one["body"] = text(body["body"])
    return one


def github_issues(forge, query):
    page = forge.page([one for one in forge.issues if one["state"] == "open"], query)
    known(query, state="open")
    return page


def github_open(forge, body):
    forge.issues.append(forge.new(number=forge.next_id, user=BOT, state="open", title=text(body["title"]), body=text(body["body"]),
                                  labels=body["labels"], notes=[]))
    return forge.issues[-1]


def github_change(forge, body, number):
    one = forge.by_id(forge.issues, number, "number")
    if "body" in body:
        text(body["body"])
    if body.get("state", "closed") != "closed" or body.get("state_reason", "completed") != "completed":
        raise Refused(422, "unknown state")
    one.update(body)
    return one


def github_say(forge, body, number):
    forge.by_id(forge.issues, number, "number")["notes"].append(text(body["body"]))
    return {}


REPO = "/repos/example/access"
GITHUB = [
    ("GET", f"{REPO}/issues/{PULL}/comments", set(), github_comments),
    ("POST", f"{REPO}/issues/{PULL}/comments", {"body"}, github_comment),
    ("PATCH", rf"{REPO}/issues/comments/(\d+)", {"body"}, github_edit),
    ("GET", f"{REPO}/issues", set(), github_issues),
    ("POST", f"{REPO}/issues", {"title", "body", "labels"}, github_open),
    ("PATCH", rf"{REPO}/issues/(\d+)", {"body", "state", "state_reason"}, github_change),
    ("POST", rf"{REPO}/issues/(\d+)/comments", {"body"}, github_say),
]


# --- GitLab ---

ME = 41


def gitlab_user(forge, query):
    known(query)
    return {"id": ME, "username": "project_1_bot"}


def gitlab_notes(forge, query):
    page = forge.page(forge.comments, query)
    known(query, sort="asc", order_by="created_at")
    return page


def quick(body):
    """GitLab carries out a line that begins with a slash, outside of fences."""
    if re.search(r"(?m)^\s*/\w", re.sub(r"(?ms)^```.*?^```", "", text(body))):
        raise Refused(422, "a quick action")
    return body


def gitlab_note(forge, body):
    forge.comments.append(forge.new(author={"id": ME}, body=quick(body["body"])))
    return forge.comments[-1]


def gitlab_edit(forge, body, number):
    one = forge.by_id(forge.comments, number)
    if one["author"]["id"] != ME:
        raise Refused(403, "somebody else wrote that")
    one["body"] = quick(body["body"])
    return one


def gitlab_issues(forge, query):
    page = forge.page([one for one in forge.issues if one["state"] == "opened" and str(one["author"]["id"]) == query["author_id"]], query)
    known(query, state="opened", author_id=str(ME))
    return page


def gitlab_open(forge, body):
    forge.issues.append(forge.new(iid=forge.next_id, author={"id": ME}, state="opened", title=text(body["title"]),
                                  description=quick(body["description"]), labels=body["labels"].split(","), notes=[]))
    return forge.issues[-1]


def gitlab_change(forge, body, number):
    one = forge.by_id(forge.issues, number, "iid")
    if "description" in body:
        one["description"] = quick(body["description"])
    if "state_event" in body:
        one["state"] = {"close": "closed"}[body["state_event"]]
    return one


def gitlab_say(forge, body, number):
    forge.by_id(forge.issues, number, "iid")["notes"].append(quick(body["body"]))
    return {}


PROJECT = "/api/v4/projects/12"
GITLAB = [
    ("GET", "/api/v4/user", set(), gitlab_user),
    ("GET", f"{PROJECT}/merge_requests/{PULL}/notes", set(), gitlab_notes),
    ("POST", f"{PROJECT}/merge_requests/{PULL}/notes", {"body"}, gitlab_note),
    ("PUT", rf"{PROJECT}/merge_requests/{PULL}/notes/(\d+)", {"body"}, gitlab_edit),
    ("GET", f"{PROJECT}/issues", set(), gitlab_issues),
    ("POST", f"{PROJECT}/issues", {"title", "description", "labels"}, gitlab_open),
    ("PUT", rf"{PROJECT}/issues/(\d+)", {"description", "state_event"}, gitlab_change),
    ("POST", rf"{PROJECT}/issues/(\d+)/notes", {"body"}, gitlab_say),
]


def github(token):
    return Forge(GITHUB, "Authorization", f"Bearer {token}")


def gitlab(token):
    return Forge(GITLAB, "PRIVATE-TOKEN", token)
