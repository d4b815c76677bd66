// The drift check of somebody who writes one on Cloudflare's own SDK: the same files, the same lists, the same concurrency.
// check.mjs SETTINGS FOLDER CONCURRENCY
import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'

const require = createRequire(process.env.BENCH_MODULES + '/')
const { Cloudflare } = require('cloudflare')
const YAML = require('yaml')

const [settings, folder, concurrency] = process.argv.slice(2)
const { accounts, api } = JSON.parse(fs.readFileSync(settings, 'utf8'))
const client = new Cloudflare({ apiToken: process.env.BENCH_TOKEN, baseURL: api.base_url })

const desired = new Map()
for (const name of fs.readdirSync(folder)) {
  const { account, identity_providers: entries } = YAML.parse(fs.readFileSync(path.join(folder, name), 'utf8'))
  if (!desired.has(account)) desired.set(account, [])
  desired.get(account).push(...Object.values(entries))
}

// Until all are there: the SDK's own iterator would ask for one page more, which is empty.
async function list(account) {
  let page = await client.zeroTrust.identityProviders.list({ account_id: account, page: 1, per_page: 1000 })
  const all = [...page.getPaginatedItems()]
  while (all.length < page.result_info.total_count) {
    page = await page.getNextPage()
    all.push(...page.getPaginatedItems())
  }
  return all
}

const secret = new Set(['client_secret', 'api_token'])
const same = (a, b) =>
  Array.isArray(a) ? JSON.stringify([...a].sort()) === JSON.stringify([...(b ?? [])].sort()) : a === b

let matching = 0, drifted = 0
async function check(alias) {
  const live = new Map((await list(accounts[alias].id)).map(one => [one.name, one]))
  for (const wanted of desired.get(alias) ?? []) {
    const found = live.get(wanted.name)
    const equal = found?.type === wanted.type &&
      Object.entries(wanted.config).every(([name, value]) => secret.has(name) || same(value, found.config[name]))
    if (equal) matching++
    else drifted++
  }
}

const queue = Object.keys(accounts)
await Promise.all(Array.from({ length: Number(concurrency) }, async () => {
  for (let alias; (alias = queue.shift());) await check(alias)
}))
console.log(`${drifted} changes, ${matching} match`)
