// What a request of each kind may look like, no more and no less. Whatever else it is becomes a violation; the answer is
// then the same as always.
const MADE_UP = 'idpd-connection-check';
const CALLBACK = /^https:\/\/[a-z0-9-]+\.cloudflareaccess\.com\/cdn-cgi\/access\/callback$/;

// `team`: whether the program knows of a team domain; without one it cannot name a redirect URI.
export function strict(records, { team = true }) {
  const method = (asked, wanted) => {
    if (asked.method !== wanted) records.violation(asked, `${wanted} is expected`);
    if (wanted === 'POST' && asked.headers['content-type'] !== 'application/x-www-form-urlencoded')
      records.violation(asked, `Content-Type is ${asked.headers['content-type']}`);
  };
  const callback = (asked, part) => {
    if (!CALLBACK.test(part.get('redirect_uri') ?? '')) records.violation(asked, `redirect_uri is ${part.get('redirect_uri')}`);
  };
  const document = (asked) => {
    method(asked, 'GET');
    records.parameters(asked, asked.query, {});
  };
  const form = (asked, rules) => {
    method(asked, 'POST');
    records.parameters(asked, asked.query, {});
    const own = asked.authentication.method === 'client_secret_basic' ? [] : ['client_id', 'client_secret'];
    records.parameters(asked, asked.form, { ...rules, needed: [...(rules.needed ?? []), ...own] });
  };
  return {
    document,
    authorize(asked) {
      method(asked, 'GET');
      callback(asked, asked.query);
      const pkce = asked.query.has('code_challenge') || asked.query.has('code_challenge_method');
      records.parameters(asked, asked.query, {
        fixed: { response_type: 'code', state: MADE_UP, nonce: MADE_UP, ...(pkce ? { code_challenge_method: 'S256' } : {}) },
        needed: ['client_id', 'redirect_uri', 'scope', ...(pkce ? ['code_challenge'] : [])],
        optional: ['prompt'],
      });
      if (pkce && !/^[A-Za-z0-9_-]{43}$/.test(asked.query.get('code_challenge') ?? ''))
        records.violation(asked, 'code_challenge is no SHA-256');
    },
    code(asked) {
      if (team) callback(asked, asked.form);
      const needed = team ? ['redirect_uri'] : [];
      form(asked, { fixed: { grant_type: 'authorization_code', code: MADE_UP }, needed, optional: ['code_verifier'] });
      const verifier = asked.form.get('code_verifier');
      if (verifier !== null && !/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) records.violation(asked, 'code_verifier is none');
    },
    client_credentials(asked, scope) {
      form(asked, { fixed: { grant_type: 'client_credentials', scope } });
    },
    introspection(asked) {
      form(asked, { fixed: { token: MADE_UP } });
    },
  };
}
