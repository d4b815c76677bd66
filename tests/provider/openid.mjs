// Real OpenID providers, npm's oidc-provider, behind a plain server of their own on loopback: what asks for an answer gets
// it whole and may dress it otherwise. One for each entry of `openid` in the world.
import './platform.mjs';
import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const ROUTES = {
  authorization: '/authorize', token: '/token', jwks: '/jwks', userinfo: '/userinfo', introspection: '/introspect',
  revocation: '/revoke', end_session: '/signoff', pushed_authorization_request: '/par', device_authorization: '/device_authorization',
};

// Without the library's advice for those who put it into production.
async function quietly(work) {
  const said = { warn: console.warn, info: console.info };
  console.warn = console.info = () => {};
  try {
    return await work();
  } finally {
    Object.assign(console, said);
  }
}

class Memory {
  static kept = new Map();
  constructor(name) {
    this.name = name;
  }
  async upsert(id, payload) {
    Memory.kept.set(`${this.name} ${id}`, payload);
  }
  async find(id) {
    return Memory.kept.get(`${this.name} ${id}`);
  }
  async findByUid() {}
  async findByUserCode() {}
  async consume() {}
  async destroy() {}
  async revokeByGrantId() {}
}

let jwks;
function keys() {
  if (!jwks) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    jwks = { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'stand-in', use: 'sig', alg: 'RS256' }] };
  }
  return jwks;
}

function make(Provider, { issuer, clients, scopes }) {
  const pkce = new Set(clients.filter((one) => one.pkce_required).map((one) => one.id));
  return new Provider(issuer, {
    clients: clients.map((one) => ({
      client_id: one.id, client_secret: one.secret, redirect_uris: one.redirect_uris, scope: one.scope ?? 'openid email profile',
      grant_types: ['authorization_code'], response_types: ['code'],
      token_endpoint_auth_method: one.method ?? 'client_secret_basic',
    })),
    scopes: scopes ?? ['openid', 'email', 'profile'],
    claims: { openid: ['sub'], email: ['email'], profile: ['name'] },
    routes: ROUTES,
    jwks: keys(),
    adapter: Memory,
    cookies: { keys: ['of the stand-in'] },
    pkce: { required: (_ctx, client) => pkce.has(client.clientId) },
    features: { devInteractions: { enabled: false }, introspection: { enabled: true } },
    interactions: { url: (_ctx, interaction) => `/signon/?flowId=${interaction.uid}` },
  });
}

export class OpenIdProviders {
  // `folder`: where npm has installed the library.
  static async load(folder) {
    const library = createRequire(`${folder}/package.json`).resolve('oidc-provider');
    const out = new OpenIdProviders();
    out.Provider = (await quietly(() => import(pathToFileURL(library)))).default;
    return out;
  }

  // `entries`: {issuer, places: [{host, path}], clients: [{id, secret, redirect_uris, scope, method, pkce_required}], scopes}
  async open(entries) {
    const providers = await quietly(async () => entries.map((one) => make(this.Provider, one)));
    for (const one of providers) one.proxy = true;  // host and scheme are those that were asked from outside
    const callbacks = providers.map((one) => one.callback());
    this.close();
    this.server = http.createServer((request, response) => {
      const [number, prefix] = request.headers['x-entry'].split(' ');
      request.originalUrl = request.url;  // the library takes the prefix of its addresses from it
      request.url = request.url.slice(prefix.length);
      callbacks[number](request, response);
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  close() {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  // Which entry answers at this place: {number, prefix, rest}; undefined for none.
  find(entries, asked) {
    for (const [number, entry] of entries.entries()) {
      for (const place of entry.places) {
        if (asked.host === place.host && asked.path.startsWith(`${place.path}/`))
          return { number, entry, prefix: place.path, rest: asked.path.slice(place.path.length) };
      }
    }
    return undefined;
  }

  // Its answer: {status, headers, body}.
  async ask(asked, { number, prefix }) {
    const { accept, authorization, 'content-type': type } = asked.headers;
    const headers = { 'x-entry': `${number} ${prefix}`, 'x-forwarded-proto': 'https', 'x-forwarded-host': asked.host };
    for (const [name, value] of Object.entries({ accept, authorization, 'content-type': type })) {
      if (value !== undefined) headers[name] = value;
    }
    if (asked.body.length) headers['content-length'] = asked.body.length;
    const request = http.request({ port: this.server.address().port, host: '127.0.0.1', method: asked.method, path: asked.url, headers, agent: false });
    request.end(asked.body);
    const [response] = await once(request, 'response');
    const parts = [];
    for await (const part of response) parts.push(part);
    const kept = ['content-type', 'location', 'www-authenticate', 'cache-control'];
    return {
      status: response.statusCode, body: Buffer.concat(parts).toString(),
      headers: Object.fromEntries(Object.entries(response.headers).filter(([name]) => kept.includes(name))),
    };
  }
}
