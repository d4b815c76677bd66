// node check.mjs FOLDER CONFIGS: asks the yaml-language-server installed in FOLDER, over LSP, what it thinks of
// files under the schemas in FOLDER.
import {spawn} from 'node:child_process';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';

const folder = resolve(process.argv[2]);
const configs = resolve(process.argv[3]);

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

  // Opens a file of that text and returns what is wrong with it, as `line: message`.
  async diagnose(name, text) {
    const path = join(folder, name);
    writeFileSync(path, text);
    const uri = pathToFileURL(path).href;
    const arrived = new Promise((done) => this.#diagnostics.set(uri, done));
    this.#send({method: 'textDocument/didOpen', params: {textDocument: {uri, languageId: 'yaml', version: 1, text}}});
    const found = await within(20_000, arrived, `diagnostics of ${name}`);
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
async function diagnose(text, schema = 'identity-providers') {
  return server.diagnose(`case-${++count}.yaml`, `# yaml-language-server: $schema=./${schema}.schema.json\n${text}`);
}
async function good(what, text, schema) {
  const found = await diagnose(text, schema);
  expect(found.length === 0, `${what} has no diagnostics`, found);
}
// What is wrong is said in that line of the text (the first is 1), in words that hold `part`.
async function bad(what, line, part, text, schema) {
  const found = await diagnose(text, schema);
  expect(found.some((one) => one.startsWith(`${line + 1}: `) && one.includes(part)), `${what} is told in line ${line} with "${part}"`,
         found);
}

const pingone = (config = '', rest = '') => `identity_providers:
  workforce:
    name: PingOne Workforce
    type: pingone
    config:
      client_id: c
      client_secret: \${credential:c}
      ping_env_id: e
${config ? `      ${config}\n` : ''}${rest ? `    ${rest}\n` : ''}`;

await server.start();
try {
  for (const name of readdirSync(join(configs, 'identity-providers'))) {
    await good(`configs/identity-providers/${name}`, readFileSync(join(configs, 'identity-providers', name), 'utf8'));
  }
  await good('configs/idpd.yaml', readFileSync(join(configs, 'idpd.yaml'), 'utf8'), 'settings');
  await good('an entry', pingone('claims: [a, b]', 'options: {prevent_delete: true, ignore: [config.claims], secret_expires: 2027-05-01}'));
  await good('null where something may be unset', pingone('claims: null'));
  await good('an account', `account: production\n${pingone()}`);
  await good('the alias of a type', pingone().replace('type: pingone', 'type: ping'));
  await good('a bare object', 'name: P\ntype: ping\nconfig: {client_id: c, client_secret: s, ping_env_id: e}\n');
  await good('a bare object in JSON', readFileSync(join(configs, 'bare-object/my-example-idp.json'), 'utf8'));

  await bad('an unknown key', 9, 'clientid', pingone('clientid: c'));
  await bad('an unknown key beside config', 9, 'colour', pingone('', 'colour: red'));
  await bad('an unknown key at the top', 9, 'extra', `${pingone()}extra: 1\n`);
  await bad('a wrong type', 9, 'boolean', pingone('pkce_enabled: maybe'));
  await bad('one instead of a list', 9, 'array', pingone('claims: department'));
  await bad('a missing field', 5, 'ping_env_id', pingone().replace('      ping_env_id: e\n', ''));
  await bad('a missing config', 2, 'config', 'identity_providers:\n  w:\n    name: W\n    type: github\n');
  await bad('a field of another type', 9, 'okta_account', pingone('okta_account: https://a.okta.com'));
  await bad('no value of an enum', 9, 'automatic', pingone('', 'scim_config: {identity_update_behavior: maybe}'));
  await bad('an unknown type', 4, 'pingone', pingone().replace('type: pingone', 'type: pingon'));
  await bad('SCIM on a one-time PIN', 6, 'scim_config',
            'identity_providers:\n  p:\n    name: P\n    type: onetimepin\n    config: {}\n    scim_config: {enabled: true}\n');
  await bad('an unknown key in a bare object', 4, 'okta_account',
            'name: P\ntype: pingone\nconfig:\n  okta_account: a\n  client_id: c\n  client_secret: s\n  ping_env_id: e\n');
  await bad('an unknown setting', 4, 'acounts',
            'accounts: {p: {id: 0123456789abcdef0123456789abcdef, token: t}}\n\ndesired: {path: x}\nacounts: {}\n', 'settings');
  await bad('an account id that is none', 1, 'pattern', 'accounts: {p: {id: xyz, token: t}}\ndesired: {path: x}\n', 'settings');

  await diagnose(pingone('c'));
  const fields = await server.complete(`case-${count}.yaml`, 9, 7);
  for (const field of ['pkce_enabled', 'claims', 'email_claim_name']) {
    expect(fields.includes(field), `${field} is offered in the config of pingone`, fields);
  }
  for (const field of ['okta_account', 'redirect_url_']) {
    expect(!fields.includes(field), `${field} is not offered in the config of pingone`, fields);
  }
  await diagnose('identity_providers:\n  w:\n    name: W\n    type: \n');
  const types = await server.complete(`case-${count}.yaml`, 4, 10);
  for (const type of ['pingone', 'azureAD', 'onetimepin']) expect(types.includes(type), `type ${type} is offered`, types);
  await diagnose(pingone('pkce_enabled: true'));
  const hover = await server.hover(`case-${count}.yaml`, 9, 8);
  expect(hover.includes('PKCE'), 'a field explains itself', hover);
} finally {
  server.stop();
}
console.log(`${count} documents, ${failures} failures`);
process.exit(failures ? 1 : 0);
