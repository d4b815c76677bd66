// What was asked of the stand-in, for the tests to look at, and what should not have been asked. A secret is only ever
// recorded as right or wrong.

// How a request authenticates a client (RFC 6749, section 2.3.1): `method` as in RFC 8414, `both` or `none`.
export function authentication_of(asked) {
  const found = { method: 'none', id: asked.form.get('client_id'), secret: asked.form.get('client_secret') };
  const header = asked.headers.authorization;
  if (found.secret !== null) found.method = 'client_secret_post';
  if (header === undefined) return found;
  found.method = found.method === 'none' ? 'client_secret_basic' : 'both';
  const [scheme, text = ''] = header.split(' ');
  const pair = Buffer.from(text, 'base64').toString();
  if (scheme !== 'Basic' || !pair.includes(':')) return { ...found, method: 'unknown' };
  const decoded = (part) => decodeURIComponent(part.replaceAll('+', ' '));
  found.id = decoded(pair.slice(0, pair.indexOf(':')));
  found.secret = decoded(pair.slice(pair.indexOf(':') + 1));
  return found;
}

export class Records {
  constructor() {
    this.begin(1);
  }

  // A new check, which may send each client's secret so often.
  begin(token_requests) {
    this.requests = [];
    this.violations = [];
    this.token_requests = token_requests;
    this.uses = new Map();
  }

  violation(asked, what) {
    this.violations.push(`${asked.method} ${asked.host}${asked.path}: ${what}`);
  }

  // What holds for every request, whatever it is for. Returns its record, to which the answer's status is added.
  add(asked, secrets) {
    const { method, host, path, headers, authentication } = asked;
    const { id, secret } = authentication;
    const record = { method, host, path, authentication: authentication.method, client_id: id ?? asked.query.get('client_id') };
    record.secret = secret === null || authentication.method === 'unknown' ? null : secrets.has(secret) ? 'right' : 'wrong';
    this.requests.push(record);

    const expect = (condition, what) => condition || this.violation(asked, what);
    expect(['GET', 'POST'].includes(method), 'this method is never used');
    expect(method === 'POST' || asked.body.length === 0, 'a body where there is none');
    expect(headers.accept === 'application/json', `Accept is ${headers.accept}`);
    for (const name of ['cookie', 'referer', 'origin']) expect(headers[name] === undefined, `${name} was sent`);
    for (const [kind, part] of [['query', asked.query], ['form', asked.form]]) {
      const names = [...part.keys()];
      expect(new Set(names).size === names.length, `a parameter is twice in the ${kind}`);
    }
    for (const one of secrets) expect(!decodeURIComponent(asked.url).includes(one), 'a secret is in the address');
    if (authentication.method === 'none') return record;

    expect(method === 'POST', 'a secret was sent with it');
    expect(!['both', 'unknown'].includes(authentication.method), `client authentication: ${authentication.method}`);
    const key = `${host} ${id}`;
    const uses = (this.uses.get(key) ?? 0) + 1;
    this.uses.set(key, uses);
    expect(uses <= this.token_requests, `secret number ${uses} of client ${id} in one check`);
    return record;
  }

  // The parameters of one kind of request: `fixed` must have this value, `needed` any, `optional` may be there.
  parameters(asked, part, { fixed = {}, needed = [], optional = [] }) {
    for (const [name, value] of Object.entries(fixed)) {
      if (part.get(name) !== value) this.violation(asked, `${name} is ${part.get(name)}, not ${value}`);
    }
    for (const name of needed) {
      if (!part.get(name)) this.violation(asked, `there is no ${name}`);
    }
    for (const name of part.keys()) {
      if (!(name in fixed) && ![...needed, ...optional].includes(name)) this.violation(asked, `the parameter ${name} is not expected`);
    }
  }
}
