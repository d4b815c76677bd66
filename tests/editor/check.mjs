// node check.mjs FOLDER ROOT IDPD: asks the yaml-language-server installed in FOLDER, over LSP, what it makes of files
// under the schemas in FOLDER: the examples of ROOT, which have to be clean and explain each of their fields; broken ones,
// whose mistakes have to be told where they are and by IDPD as well; and what it offers to whoever types.
import {spawn, spawnSync} from 'node:child_process';
import {copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';

const folder = resolve(process.argv[2]);
const configs = join(resolve(process.argv[3]), 'configs');
const schemas = join(resolve(process.argv[3]), 'schema');
const idpd = process.argv[4];

class Server {
  #process = spawn(process.execPath, [join(folder, 'node_modules/yaml-language-server/bin/yaml-language-server'), '--stdio'],
                   {stdio: ['pipe', 'pipe', 'inherit']});
  #buffer = Buffer.alloc(0);
  #answers = new Map();
  #diagnostics = new Map();
  #next = 0;

  constructor() {
    this.#process.stdout.on('data', (data) => this.#read(data));
  }

  async start() {
    await this.#request('initialize', {processId: process.pid, rootUri: null, capabilities: {}});
    this.#send({method: 'initialized', params: {}});
    this.#send({method: 'workspace/didChangeConfiguration',
                params: {settings: {yaml: {validate: true, completion: true, hover: true, schemaStore: {enable: false}}}}});
  }

  // Opens a file of that text; its diagnostics come some time later, and need not be waited for.
  open(name, text) {
    const path = join(folder, name);
    writeFileSync(path, text);
    const uri = pathToFileURL(path).href;
    const arrived = new Promise((done) => this.#diagnostics.set(uri, done));
    this.#send({method: 'textDocument/didOpen', params: {textDocument: {uri, languageId: 'yaml', version: 1, text}}});
    return arrived;
  }

  // The same; what is wrong with it, as `line: message`. The server waits before it looks, so many are asked for at once.
  async diagnose(name, text) {
    const found = await within(20_000, this.open(name, text), `diagnostics of ${name}`);
    return found.map((one) => `${one.range.start.line + 1}: ${one.message}`);
  }

  async complete(name, line, character) {
    const uri = pathToFileURL(join(folder, name)).href;
    const answer = await this.#request('textDocument/completion', {textDocument: {uri}, position: {line, character}});
    return (answer.items ?? answer).map((one) => one.label);
  }

  async hover(name, line, character) {
    const uri = pathToFileURL(join(folder, name)).href;
    const answer = await this.#request('textDocument/hover', {textDocument: {uri}, position: {line, character}});
    return JSON.stringify(answer?.contents ?? '');
  }

  stop() {
    this.#process.kill();
  }

  #request(method, params) {
    const id = ++this.#next;
    const answered = new Promise((done) => this.#answers.set(id, done));
    this.#send({id, method, params});
    return within(20_000, answered, method);
  }

  #send(message) {
    const body = JSON.stringify({jsonrpc: '2.0', ...message});
    this.#process.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #read(data) {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    for (;;) {
      const end = this.#buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      const size = Number(/Content-Length: (\d+)/i.exec(this.#buffer.subarray(0, end).toString())[1]);
      if (this.#buffer.length < end + 4 + size) return;
      const message = JSON.parse(this.#buffer.subarray(end + 4, end + 4 + size).toString());
      this.#buffer = this.#buffer.subarray(end + 4 + size);
      this.#take(message);
    }
  }

  #take(message) {
    if (message.method === 'textDocument/publishDiagnostics') {
      this.#diagnostics.get(message.params.uri)?.(message.params.diagnostics);
    } else if (message.method && message.id !== undefined) {
      this.#send({id: message.id, result: null});  // it asks for what we have not claimed to have
    } else if (message.id !== undefined) {
      this.#answers.get(message.id)?.(message.result ?? {});
    }
  }
}

function within(milliseconds, promise, what) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`no answer in time: ${what}`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

let failures = 0;
function expect(right, what, saw) {
  if (right) return;
  ++failures;
  console.error(`FAILED: ${what}\n  saw: ${JSON.stringify(saw)}`);
}

const server = new Server();
let count = 0;
function next(text, schema) {
  return [`case-${++count}.yaml`, `# yaml-language-server: $schema=./${schema}.schema.json\n${text}`];
}
async function good(what, text, schema = 'identity-providers') {
  const found = await server.diagnose(...next(text, schema));
  expect(found.length === 0, `${what} has no diagnostics`, found);
}
// What is wrong is said in that line of the text (the first is 1) and nowhere else, in words that hold `part`; the program
// finds it wrong as well, in that line, or in the first one of what lacks something.
async function bad(what, line, part, text, schema = 'identity-providers') {
  const [name, whole] = next(text, schema);
  const found = await server.diagnose(name, whole);
  expect(found.some((one) => one.includes(part)) && found.every((one) => one.startsWith(`${line + 1}: `)),
         `${what} is told in line ${line} alone with "${part}"`, found.map((one) => one.replace(/^\d+/, (number) => number - 1)));
  const path = join(folder, name);
  const checked = spawnSync(idpd, schema === 'settings' ? ['--config', path, 'validate', path] : ['validate', path], {encoding: 'utf8'});
  const told = what.startsWith('a missing') ? line + 2 : line + 1;
  expect(checked.status === 1 && checked.stderr.includes(`${name}:${told}:`), `idpd validate tells ${what} in that line, too`,
         checked.stderr);
}
// What is offered where `|` stands in the text.
async function offered(text, schema = 'identity-providers') {
  const before = text.slice(0, text.indexOf('|')).split('\n');
  const [name, whole] = next(text.replace('|', ''), schema);
  server.open(name, whole);
  return server.complete(name, before.length, before.at(-1).length);  // behind the line with the schema
}
function same(found, wanted) {
  return JSON.stringify([...new Set(found)].sort()) === JSON.stringify([...wanted].sort());
}

// What schema/ says of a type, independent of the document that is made from it for editors.
const read = (name) => JSON.parse(readFileSync(join(schemas, name), 'utf8'));
const common = read('common.json').definitions;
const types = readdirSync(join(schemas, 'types')).map((name) => read(`types/${name}`));
// A field's own words win over those of what it refers to.
const withWords = (schema) => ({...common[schema.$ref?.split('/').at(-1)], ...schema});
const names = types.flatMap((type) => [type.properties.type.const, ...(type['x-type-aliases'] ?? [])]);
const fieldsOf = (schema) => Object.entries(withWords(schema).properties ?? {}).map(([name, field]) => [name, withWords(field)]);
const writable = (schema) => fieldsOf(schema).filter(([, field]) => !field.readOnly);
const optionsOf = read('identity-provider.json').properties.options;
const typeOf = (name) => types.find((type) => type.properties.type.const === name);

// The keys of a file: [path, line, column], both from 0.
function keysOf(text) {
  const above = [];
  const found = [];
  for (const [number, line] of text.split('\n').entries()) {
    const key = /^( *)([\w-]+):( |$)/.exec(line);
    if (!key) continue;
    while (above.length && above.at(-1).indent >= key[1].length) above.pop();
    above.push({indent: key[1].length, name: key[2]});
    found.push([above.map((one) => one.name), number, key[1].length + 1]);
  }
  return found;
}
const letters = (text) => text.replaceAll(/&\w+;/g, '').replaceAll(/[^\p{L}\p{N}]/gu, '');

const entry = (type, rest = '') => `identity_providers:\n  workforce:\n    name: Workforce\n    type: ${type}\n${rest}`;
const pingone = (config = '', rest = '') => entry('pingone', `    config:
      client_id: c
      client_secret: \${credential:c}
      ping_env_id: e
${config ? `      ${config}\n` : ''}${rest ? `    ${rest}\n` : ''}`);
const account = (more = '', rest = '') => `accounts:
  p:
    id: 0123456789abcdef0123456789abcdef
    token: \${env:T}
${more ? `    ${more}\n` : ''}desired: {path: x}
${rest}`;

// Each as it lies in configs/, under the schema that its first line names.
async function examples() {
  mkdirSync(join(folder, 'examples/identity-providers'), {recursive: true});
  copyFileSync(join(folder, 'identity-providers.schema.json'), join(folder, 'examples/identity-providers.schema.json'));
  let explained = 0;
  await Promise.all(readdirSync(join(configs, 'identity-providers')).map(async (file) => {
    const text = readFileSync(join(configs, 'identity-providers', file), 'utf8');
    const name = `examples/identity-providers/${file}`;
    const found = await server.diagnose(name, text);
    ++count;
    expect(found.length === 0, `${name} has no diagnostics`, found);
    const type = typeOf(/^    type: (\S+)/m.exec(text)[1]);
    for (const [path, line, column] of keysOf(text)) {
      const [, , part, ...fields] = path;  // identity_providers, the key, what is below it
      if (path[0] !== 'identity_providers' || !part || part === 'check') continue;
      const hover = await server.hover(name, line, column);
      const schema = (part === 'options' ? fields : [part, ...fields]).reduce(
          (at, key) => withWords(at.properties?.[key] ?? {}), part === 'options' ? optionsOf : type);
      const words = part === 'type' ? 'The kind of identity provider' : schema.description ?? '(none)';
      expect(letters(hover).includes(letters(words)), `${name}: ${path.slice(2).join('.')} explains itself`, hover);
      ++explained;
    }
  }));
  expect(explained > 100, 'the examples have fields', explained);
  await good('configs/idpd.yaml', readFileSync(join(configs, 'idpd.yaml'), 'utf8'), 'settings');
}

async function goodFiles() {
  await Promise.all([
    good('an entry', pingone('claims: [a, b]', 'options: {prevent_delete: true, ignore: [config.claims], secret_expires: 2027-05-01}')),
    good('null where something may be unset', pingone('claims: null')),
    good('an account', `account: production\n${pingone()}`),
    good('variables of the account',
         pingone('pkce_enabled: ${var:pkce}', 'options: {prevent_delete: "${var:keep}", secret_expires: "${var:day}"}\n    check: {team_domain: "${var:account}.cloudflareaccess.com"}')),
    good('variables in a list and in a choice', entry('azureAD', `    config: {client_id: c, client_secret: s, directory_id: d, prompt: "\${var:prompt}", claims: ["\${var:claim}"]}\n`)),
    good('a part of a URL', entry('okta', `    config: {client_id: c, client_secret: s, okta_account: "https://\${var:account}.okta.com"}\n`)),
    good('the alias of a type', pingone().replace('type: pingone', 'type: ping')),
    good('a bare object', 'name: P\ntype: ping\nconfig: {client_id: c, client_secret: s, ping_env_id: e}\n'),
    good('a bare object in JSON', readFileSync(join(configs, 'bare-object/my-example-idp.json'), 'utf8')),
    good('settings', account('mode: enforce', 'reconcile: {interval: 90s}\n'), 'settings'),
  ]);
}

async function brokenFiles() {
  await Promise.all([
    bad('an unknown key', 9, 'clientid', pingone('clientid: c')),
    bad('an unknown key beside config', 9, 'colour', pingone('', 'colour: red')),
    bad('an unknown key at the top', 9, 'extra', `${pingone()}extra: 1\n`),
    bad('an unknown option', 9, 'prevent_deletes', pingone('', 'options: {prevent_deletes: true}')),
    bad('a wrong type', 9, 'boolean', pingone('pkce_enabled: maybe')),
    bad('one instead of a list', 9, 'array', pingone('claims: department')),
    bad('a day that is none', 9, 'date', pingone('', 'options: {secret_expires: next spring}')),
    bad('a key twice', 9, 'unique', pingone('client_id: d')),
    bad('a missing field', 5, 'ping_env_id', pingone().replace('      ping_env_id: e\n', '')),
    bad('a missing config', 2, 'config', entry('github')),
    bad('a field of another type', 9, 'okta_account', pingone('okta_account: https://a.okta.com')),
    bad('no value of an enum', 9, 'automatic', pingone('', 'scim_config: {identity_update_behavior: maybe}')),
    bad('an unknown type', 4, 'pingone', pingone().replace('type: pingone', 'type: pingon')),
    bad('SCIM on a one-time PIN', 6, 'scim_config', entry('onetimepin', '    config: {}\n    scim_config: {enabled: true}\n')),
    bad('an unknown key in a bare object', 4, 'okta_account',
            'name: P\ntype: pingone\nconfig:\n  okta_account: a\n  client_id: c\n  client_secret: s\n  ping_env_id: e\n'),
    bad('a key of an entry that cannot be one', 2, 'pattern', pingone().replace('workforce:', 'work force:')),
    bad('an unknown setting', 6, 'acounts', account('', 'acounts: {}\n'), 'settings'),
    bad('an unknown setting of an account', 5, 'delete', account('delete: allow'), 'settings'),
    bad('an account id that is none', 3, 'pattern', account().replace('0123456789abcdef', ''), 'settings'),
    bad('a mode that is none', 5, 'enforce', account('mode: force'), 'settings'),
    bad('a number in words', 5, 'integer', account('max_deletes: one'), 'settings'),
    bad('a duration without a unit', 6, 'pattern', account('', 'reconcile: {interval: five}\n'), 'settings'),
    bad('a missing token', 2, 'token', account().replace(/    token:.*\n/, ''), 'settings'),
  ]);
}

async function completion() {
  for (const type of types) {
    const name = type.properties.type.const;
    const fields = writable(type.properties.config);
    const keys = (await offered(entry(name, '    config:\n      |\n'))).filter((one) => one !== `object(${type.title})`);  // all at once
    expect(same(keys, fields.map(([field]) => field)), `the config of ${name} is offered its fields and no others`, keys);
    for (const part of ['config', 'scim_config']) {
      for (const [field, schema] of writable(type.properties[part] ?? {})) {
        const values = schema.enum ?? (schema.type === 'boolean' ? ['true', 'false'] : null);
        if (!values || (part === 'scim_config' && name !== 'pingone')) continue;
        const choices = await offered(entry(name, `    ${part}:\n      ${field}: |\n`));
        expect(values.every((value) => choices.includes(value)), `the values of ${field} of ${name} are offered`, choices);
      }
    }
  }
  const chosen = await offered(entry('|'));
  expect(same(chosen, names), 'the types are offered, and nothing else', chosen);
  const missing = await offered(pingone('|'));
  expect(missing.includes('claims') && !missing.includes('client_id'), 'what is there is not offered again', missing);
  const parts = await offered(entry('pingone', '    |\n'));
  for (const part of ['config', 'scim_config', 'options']) expect(parts.includes(part), `${part} is offered in an entry`, parts);
  const options = await offered(pingone('', 'options:\n      |'));
  for (const option of ['prevent_delete', 'ignore', 'adopt_id', 'keep_secret', 'secret_expires'])
    expect(options.includes(option), `the option ${option} is offered`, options);
  const ofAccount = await offered(account('|'), 'settings');
  for (const setting of ['mode', 'deletes', 'max_deletes', 'unmanaged'])
    expect(ofAccount.includes(setting), `${setting} is offered in an account`, ofAccount);
  const modes = await offered(account('mode: |'), 'settings');
  expect(same(modes, ['report', 'enforce', 'null']), 'the modes are offered', modes);
}

await server.start();
try {
  await examples();
  await goodFiles();
  await brokenFiles();
  await completion();
} finally {
  server.stop();
}
console.log(`${count} documents, ${failures} failures`);
process.exit(failures ? 1 : 0);
