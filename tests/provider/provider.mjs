// Identity providers for tests of `idpd check`, in one process without state on disk: real OpenID providers (npm's
// oidc-provider), PingOne's manners in front of them, and small strict responders for the other types. It is no part of
// the program, and keeps no secret that is worth one.
//
// `node provider.mjs` with a line of JSON on stdin, {packages, tls: {certificate, key, strangers: {hosts, certificate, key}},
// world}: the folder that npm has installed into, and paths of PEM files; `strangers` are hosts whose certificate nobody knows the CA of. It prints {"https", "control"}, its
// two loopback ports, and ends with its stdin. Who is asked is told by the Host header. The world, in Python: e2e/provider.py:
//   openid   [{style: "pingone" | "plain", issuer, places: [{host, path}], clients, scopes, errors: "json" | "redirect"}]
//   github, google, entra, okta, onelogin, facebook, linkedin, yandex   see responders.mjs
//   team     false: without a redirect URI, see strict.mjs
//   answers  {"host" or "host/path": {status, headers, body} | "reset" | "hang"}: before all others
// Control, plain http: GET /control/requests {requests, violations}; PUT /control/world; POST /control/check
// {token_requests}: a new check begins, which may send each secret so often.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import readline from 'node:readline';
import tls from 'node:tls';
import { once } from 'node:events';
import { json } from './answers.mjs';
import { dressed, is_pingone, not_found } from './pingone.mjs';
import { authentication_of, Records } from './records.mjs';
import { places } from './responders.mjs';
import { strict } from './strict.mjs';

const records = new Records();
let world = {};
let kinds;
let openid;  // loaded when it is wanted
let packages;
let table = {};
let secrets = new Set();

async function become(wanted) {
  world = { openid: [], answers: {}, ...wanted };
  if (world.openid.length) {
    const { OpenIdProviders } = await import('./openid.mjs');
    openid ??= await OpenIdProviders.load(packages);
    await openid.open(world.openid);
  }
  kinds = strict(records, world);
  table = places(world, kinds);
  const clients = Object.values(world).flatMap((one) => (Array.isArray(one) ? one : [one])).flatMap((one) => one?.clients ?? []);
  secrets = new Set(clients.map((one) => one.secret));
}

const OPENID_KINDS = {
  '/token': 'code', '/authorize': 'authorize', '/jwks': 'document', '/.well-known/openid-configuration': 'document',
};

// The answer, or "reset" or "hang".
async function answer(asked) {
  const at = (all) => all[asked.host + asked.path] ?? all[asked.host];
  const fixed = at(world.answers);
  if (fixed) return fixed;
  const found = world.openid.length ? openid.find(world.openid, asked) : undefined;
  if (found) {
    const kind = OPENID_KINDS[found.rest];
    if (kind) kinds[kind](asked);
    else records.violation(asked, 'this endpoint is never used');
    const real = await openid.ask(asked, found);
    return found.entry.style === 'pingone' ? dressed(found, asked, real) : real;
  }
  const responder = at(table);
  if (responder) return responder(asked);
  if (is_pingone(asked.host)) return not_found();
  return json(404, { error: 'not_found' });
}

async function body_of(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

async function outside(request, response) {
  const host = (request.headers.host ?? '').replace(/:443$/, '');
  const url = new URL(request.url, `https://${host}`);
  const asked = {
    method: request.method, host, url: request.url, path: url.pathname, query: url.searchParams, headers: request.headers,
    body: await body_of(request),
  };
  const is_form = request.headers['content-type'] === 'application/x-www-form-urlencoded';
  asked.form = new URLSearchParams(is_form ? asked.body.toString() : '');
  asked.authentication = authentication_of(asked);
  const record = records.add(asked, secrets);
  const given = await answer(asked);
  record.status = given.status ?? given;
  if (given === 'hang') return;
  if (given === 'reset') {
    request.socket.destroy();
    return;
  }
  response.writeHead(given.status, given.headers ?? {});
  response.end(given.body ?? '');
}

async function control(request, response) {
  const text = (await body_of(request)).toString();
  const body = text ? JSON.parse(text) : undefined;
  let out = {};
  switch (`${request.method} ${request.url}`) {
    case 'GET /control/requests':
      out = { requests: records.requests, violations: records.violations };
      break;
    case 'PUT /control/world':
      await become(body);
      break;
    case 'POST /control/check':
      records.begin(body.token_requests);
      break;
    default:
      response.statusCode = 404;
  }
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(out));
}

// What goes wrong here is the stand-in's fault, and is no answer of an identity provider.
const guarded = (handler) => (request, response) => handler(request, response).catch((error) => {
  records.violations.push(`the stand-in failed: ${error.stack}`);
  response.destroy();
});

async function main() {
  const lines = readline.createInterface({ input: process.stdin });
  const [line] = await once(lines, 'line');
  lines.on('close', () => process.exit(0));
  const start = JSON.parse(line);
  const context = ({ certificate, key }) => tls.createSecureContext({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) });
  const { strangers } = start.tls;
  const [known, unknown] = [context(start.tls), strangers && context(strangers)];
  packages = start.packages;
  await become(start.world);
  const server = https.createServer({
    cert: fs.readFileSync(start.tls.certificate), key: fs.readFileSync(start.tls.key),
    SNICallback: (name, done) => done(null, strangers?.hosts.includes(name) ? unknown : known),
  }, guarded(outside));
  const controller = http.createServer(guarded(control));
  for (const one of [server, controller]) {
    one.listen(0, '127.0.0.1');
    await once(one, 'listening');
  }
  console.log(JSON.stringify({ https: server.address().port, control: controller.address().port }));
}

await main();
