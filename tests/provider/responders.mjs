// The other identity providers as far as a check sees them: a table of places, each with the answers that the reference
// lists for it. Small and strict; what is not in the table is not there. `world` has for each type its clients
// ({id, secret, redirect_uris, state}) and what else differs.
import { callback, html, json, refused } from './answers.mjs';

const find = (world, asked) => world.clients.find((one) => one.id === (asked.authentication.id ?? asked.query.get('client_id')));
const is_right = (client, asked) => client.secret === asked.authentication.secret;
const registered = (client, part) => client.redirect_uris.includes(part.get('redirect_uri'));

const KEYS = { keys: [{ kty: 'RSA', use: 'sig', kid: '1', alg: 'RS256', n: 'AQAB', e: 'AQAB' }] };

const discovery = (issuer, more) => json(200, {
  issuer, response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'],
  scopes_supported: ['openid', 'email', 'profile'], code_challenge_methods_supported: ['plain', 'S256'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'], ...more,
});

// prompt=none with nobody signed in.
const nobody = (asked) => callback(asked, { error: 'login_required', error_description: 'nobody is signed in' });

const GITHUB_ERRORS = {
  bad_verification_code: 'The code passed is incorrect or expired.',
  incorrect_client_credentials: 'The client_id and/or client_secret passed are incorrect.',
  redirect_uri_mismatch: 'The redirect_uri MUST match the registered callback URL for this application.',
};

function github(world, strict) {
  const error = (name) => json(200, { error: name, error_description: GITHUB_ERRORS[name] });  // an error under 200
  return {
    'github.com/login/oauth/access_token': (asked) => {
      strict.code(asked);
      const client = find(world, asked);
      if (!client) return json(404, { error: 'Not Found' });
      if (!is_right(client, asked)) return error('incorrect_client_credentials');
      return error(registered(client, asked.form) ? 'bad_verification_code' : 'redirect_uri_mismatch');
    },
  };
}

function google(world, strict) {
  const issuer = 'https://accounts.google.com';
  return {
    'accounts.google.com/.well-known/openid-configuration': (asked) => {
      strict.document(asked);
      return discovery(issuer, {
        authorization_endpoint: `${issuer}/o/oauth2/v2/auth`, token_endpoint: 'https://oauth2.googleapis.com/token',
        jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
      });
    },
    'www.googleapis.com/oauth2/v3/certs': (asked) => {
      strict.document(asked);
      return json(200, KEYS);
    },
    'accounts.google.com/o/oauth2/v2/auth': (asked) => {
      strict.authorize(asked);
      const client = find(world, asked);
      if (!client) return html(401, 'Error 401: invalid_client');
      return registered(client, asked.query) ? nobody(asked) : html(400, 'Error 400: redirect_uri_mismatch');
    },
    'oauth2.googleapis.com/token': (asked) => {
      strict.code(asked);
      const client = find(world, asked);
      if (client?.state === 'deleted') return refused(401, 'deleted_client', 'The OAuth client was deleted.');
      const code_is_refused = refused(400, 'invalid_grant', 'Malformed auth code.');
      if (world.order === 'code first') return code_is_refused;
      return client && is_right(client, asked) ? code_is_refused : refused(401, 'invalid_client', 'Unauthorized');
    },
  };
}

function entra(world, strict) {
  const base = `login.microsoftonline.com/${world.directory}`;
  const error = (status, name, number, text) => json(status, {
    error: name, error_description: `AADSTS${number}: ${text} Trace ID: 6f1c Correlation ID: 4e5f Timestamp: 2026-11-28 00:00:00Z`,
    error_codes: [number], timestamp: '2026-11-28 00:00:00Z', trace_id: '6f1c', correlation_id: '4e5f',
  });
  const STATES = {
    expired: () => error(401, 'invalid_client', 7000222, 'The provided client secret keys are expired.'),
    disabled: () => error(400, 'unauthorized_client', 7000112, 'Application is disabled.'),
    public: () => error(401, 'invalid_client', 700025, 'Client is public so neither client_assertion nor client_secret should be presented.'),
    blocked: () => error(400, 'invalid_grant', 53003, 'Access has been blocked by Conditional Access policies.'),
  };
  const no_directory = (name) => error(400, name, 90002, 'Tenant not found. Check to make sure you have the correct tenant ID.');
  return {
    [`${base}/v2.0/.well-known/openid-configuration`]: (asked) => {
      strict.document(asked);
      return discovery(`https://${base}/v2.0`, {
        authorization_endpoint: `https://${base}/oauth2/v2.0/authorize`, token_endpoint: `https://${base}/oauth2/v2.0/token`,
        jwks_uri: `https://${base}/discovery/v2.0/keys`,
      });
    },
    [`${base}/discovery/v2.0/keys`]: (asked) => {
      strict.document(asked);
      return json(200, KEYS);
    },
    [`${base}/oauth2/v2.0/authorize`]: (asked) => {
      strict.authorize(asked);
      const client = find(world, asked);
      if (!client) return html(200, 'AADSTS700016: Application was not found in the directory.');
      return registered(client, asked.query) ? nobody(asked)
        : html(200, 'AADSTS50011: The redirect URI specified in the request does not match the redirect URIs configured for the application.');
    },
    [`${base}/oauth2/v2.0/token`]: (asked) => {
      strict.client_credentials(asked, 'https://graph.microsoft.com/.default');
      const client = find(world, asked);
      if (!client) return error(400, 'unauthorized_client', 700016, 'Application was not found in the directory.');
      if (client.state) return STATES[client.state]();
      if (!is_right(client, asked)) return error(401, 'invalid_client', 7000215, 'Invalid client secret provided.');
      return json(200, { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: world.access_token });
    },
    'login.microsoftonline.com': (asked) => no_directory(asked.path.includes('.well-known') ? 'invalid_tenant' : 'invalid_request'),
  };
}

function okta(world, strict) {
  const issuer = `https://${world.host}${world.server ? `/oauth2/${world.server}` : ''}`;
  const base = `${world.host}/oauth2${world.server ? `/${world.server}` : ''}/v1`;
  return {
    [`${issuer.slice('https://'.length)}/.well-known/openid-configuration`]: (asked) => {
      strict.document(asked);
      return discovery(issuer, {
        authorization_endpoint: `https://${base}/authorize`, token_endpoint: `https://${base}/token`, jwks_uri: `https://${base}/keys`,
      });
    },
    [`${base}/keys`]: (asked) => {
      strict.document(asked);
      return json(200, KEYS);
    },
    [`${base}/authorize`]: (asked) => {
      strict.authorize(asked);
      const client = find(world, asked);
      if (!client) return html(400, "Bad request: Invalid value for 'client_id' parameter.");
      return registered(client, asked.query) ? nobody(asked)
        : html(400, "Bad request: The 'redirect_uri' parameter must be a Login redirect URI in the client app settings.");
    },
    [`${base}/token`]: (asked) => {
      strict.code(asked);
      const client = find(world, asked);
      if (!client) return refused(401, 'invalid_client', "Invalid value for 'client_id' parameter.");
      if (!is_right(client, asked)) return refused(401, 'invalid_client', 'The client secret supplied for a confidential client is invalid.');
      return refused(400, 'invalid_grant', 'The authorization code is invalid or has expired.');
    },
  };
}

function onelogin(world, strict) {
  const base = `${world.host}/oidc/2`;
  return {
    [`${base}/.well-known/openid-configuration`]: (asked) => {
      strict.document(asked);
      return discovery(`https://${base}`, {
        authorization_endpoint: `https://${base}/auth`, token_endpoint: `https://${base}/token`, jwks_uri: `https://${base}/certs`,
      });
    },
    [`${base}/certs`]: (asked) => {
      strict.document(asked);
      return json(200, KEYS);
    },
    [`${base}/auth`]: (asked) => {
      strict.authorize(asked);
      const client = find(world, asked);
      if (!client) return refused(400, 'invalid_client', 'client is invalid');
      return registered(client, asked.query) ? nobody(asked) : refused(400, 'invalid_redirect_uri', 'redirect_uri did not match any registered');
    },
    [`${base}/token/introspection`]: (asked) => {
      strict.introspection(asked);
      const client = find(world, asked);
      return client && is_right(client, asked) ? json(200, { active: false })
        : refused(401, 'invalid_client', 'client authentication failed');
    },
  };
}

function facebook(world, strict) {
  const error = (code, message) => json(400, { error: { message, type: 'OAuthException', code, fbtrace_id: 'A1' } });
  return {
    'graph.facebook.com/oauth/access_token': (asked) => {
      strict.code(asked);
      const client = find(world, asked);
      if (!client) return error(101, 'Error validating application. Cannot get application info due to a system error.');
      return is_right(client, asked) ? error(100, 'Invalid verification code format.') : error(1, 'Error validating client secret.');
    },
  };
}

function linkedin(world, strict) {
  return {
    'www.linkedin.com/oauth/v2/accessToken': (asked) => {
      strict.code(asked);
      const client = find(world, asked);
      return client && is_right(client, asked)
        ? refused(400, 'invalid_request', 'Unable to retrieve access token: authorization code not found')
        : refused(401, 'invalid_client', 'Client authentication failed');
    },
  };
}

function yandex(world, strict) {
  return {
    'oauth.yandex.com/token': (asked) => {
      strict.code(asked);
      const client = find(world, asked);
      return client && is_right(client, asked) ? refused(400, 'bad_verification_code', 'Invalid code')
        : refused(400, 'invalid_client', 'Client not found');
    },
  };
}

const TYPES = { github, google, entra, okta, onelogin, facebook, linkedin, yandex };

// host+path (or a host for the rest of it) -> what answers there.
export function places(world, strict) {
  const out = {};
  for (const [type, make] of Object.entries(TYPES)) {
    if (world[type]) Object.assign(out, make(world[type], strict));
  }
  return out;
}

