// PingOne's own manners in front of a real OpenID provider, which still decides: how a client may authenticate itself, the
// texts of refusals, its error objects, 302 with a flow id. Modelled on documentation and reports; nobody has compared it
// with PingOne itself.
import { randomUUID } from 'node:crypto';
import { json, redirect, refused } from './answers.mjs';

export const SUFFIXES = ['com', 'ca', 'eu', 'com.au', 'sg', 'asia'];
export const is_pingone = (host) => SUFFIXES.some((suffix) => host === `auth.pingone.${suffix}`);

const correlation = () => `(Correlation ID: ${randomUUID()})`;

export const not_found = () => json(404, { id: randomUUID(), code: 'NOT_FOUND', message: 'The requested resource was not found.' });

const mismatch = () => ({
  id: randomUUID(), code: 'INVALID_DATA', message: 'The request could not be completed. One or more validation errors were in the request.',
  details: [{ code: 'INVALID_VALUE', target: 'redirect_uri', message: 'Redirect URI mismatch' }],
});

// How it sends its own errors to a browser is not documented: as a body, or on a page of its own.
function own_error(entry, status, object) {
  if (entry.errors !== 'redirect') return json(status, object);
  const page = new URL('https://apps.pingone.com/error');
  page.search = new URLSearchParams({ code: object.code, message: object.details?.[0].message ?? object.message, id: object.id });
  return redirect(302, page);
}

function token(entry, asked, answer) {
  const client = entry.clients.find((one) => one.id === asked.authentication.id);
  const wanted = client?.method ?? 'client_secret_basic';
  if (client && asked.authentication.method !== wanted)
    return refused(401, 'invalid_client', `Request denied: Unsupported authentication method ${correlation()}`);
  const body = JSON.parse(answer.body);
  if (body.error === 'invalid_client') return refused(401, body.error, `Request denied: Invalid client credentials ${correlation()}`);
  return answer;
}

function authorize(entry, asked, answer) {
  const { location } = answer.headers;
  if (location?.startsWith('/signon/')) {
    const suffix = SUFFIXES.find((one) => entry.places.some((place) => place.host === `auth.pingone.${one}`)) ?? 'com';
    const environment = entry.places.find((place) => is_pingone(place.host))?.path.split('/')[1];
    return redirect(302, `https://apps.pingone.${suffix}/${environment}${location}`);
  }
  if (location) return redirect(302, location);
  const error = ['invalid_client', 'invalid_redirect_uri'].find((one) => answer.body.includes(one));  // a page
  if (error === 'invalid_client') return own_error(entry, 404, JSON.parse(not_found().body));
  if (error === 'invalid_redirect_uri') return own_error(entry, 400, mismatch());
  return answer;
}

function discovery(answer) {
  return json(200, {
    ...JSON.parse(answer.body), code_challenge_methods_supported: ['plain', 'S256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'],
  });
}

export function dressed(found, asked, answer) {
  if (answer.status >= 500) return answer;
  switch (found.rest) {
    case '/token': return token(found.entry, asked, answer);
    case '/authorize': return authorize(found.entry, asked, answer);
    case '/.well-known/openid-configuration': return discovery(answer);
    case '/jwks': return answer;
    default: return not_found();
  }
}
