// check.mjs FOLDER CHROMIUM: serves FOLDER/pages as the daemon does and looks at each of them in a browser.
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const [folder, executablePath] = process.argv.slice(2);
const { chromium } = createRequire(join(folder, "package.json"))("playwright-core");
const pages = join(folder, "pages");
const screenshots = join(folder, "screenshots");
mkdirSync(screenshots, { recursive: true });

let failures = 0;
function expect(what, good, details = "") {
  if (good) return;
  ++failures;
  console.log(`FAILED ${what}${details ? `: ${details}` : ""}`);
}

const requests = [];
const server = createServer((request, response) => {
  const name = request.url.slice(1);
  requests.push(name);
  let body, policy;
  try {
    body = readFileSync(join(pages, `${name}.html`));
    policy = readFileSync(join(pages, `${name}.csp`), "utf8");
  } catch {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy }).end(body);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const address = `http://127.0.0.1:${server.address().port}`;

// In the page: every visible text with a contrast below WCAG AA (4.5 to 1), against the nearest background.
function faint() {
  const parts = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const light = (color) => {
    const [r, g, b] = parts(color).map((c) => {
      const part = c / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const out = [];
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join("");
    if (!text || element.closest("title, desc") || !element.getClientRects().length) continue;
    let behind = element;
    let back = "rgb(255, 255, 255)";
    for (; behind; behind = behind.parentElement) {
      const color = getComputedStyle(behind).backgroundColor;
      if ((parts(color)[3] ?? 1) === 1 && color !== "transparent") {
        back = color;
        break;
      }
    }
    const style = getComputedStyle(element);
    const ink = element instanceof SVGElement ? style.fill : style.color;
    const [high, low] = [light(ink), light(back)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) out.push(`${text.slice(0, 40)} (${ratio.toFixed(2)})`);
  }
  return out;
}

// In the page: what sticks out on the right.
function wide() {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.body.querySelectorAll("*")]
    .filter((element) => element.getBoundingClientRect().right > width + 0.5)
    .map((element) => `${element.tagName} ${element.textContent.slice(0, 40)}`);
}

function titled() {
  const levels = [...document.querySelectorAll("h1, h2, h3")].map((h) => Number(h.tagName[1]));
  return {
    lang: document.documentElement.lang,
    title: document.title,
    h1: levels.filter((level) => level === 1).length,
    skips: levels.some((level, i) => i > 0 && level > levels[i - 1] + 1),
    landmarks: ["header", "main", "footer"].filter((name) => document.querySelectorAll(`body > ${name}`).length === 1).length,
    headers: [...document.querySelectorAll("th")].every((th) => th.scope),
  };
}

async function look(browser, name, { width, colorScheme, javaScriptEnabled }) {
  const where = `${name} ${width} ${colorScheme}${javaScriptEnabled ? "" : " without scripts"}`;
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, javaScriptEnabled });
  const page = await context.newPage();
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("dialog", (dialog) => {
    said.push("a dialog");
    dialog.dismiss();
  });
  requests.length = 0;
  await page.goto(`${address}/${name}`);
  expect(`${where}: says nothing on the console`, said.length === 0, said.join("; "));
  const others = requests.filter((one) => one !== name && one !== "favicon.ico");
  expect(`${where}: asks for nothing else`, others.length === 0, others.join(", "));
  expect(`${where}: begins with a sentence`, (await page.locator("h1").innerText()).length > 10);
  await page.screenshot({ path: join(screenshots, `${where.replaceAll(" ", "-")}.png`), fullPage: true });
  if (javaScriptEnabled) {  // what is evaluated in the page takes them
    const closed = await page.evaluate(wide);
    expect(`${where}: needs no scrolling to the side`, closed.length === 0, closed.slice(0, 5).join("; "));
    const at = await page.evaluate(titled);
    expect(`${where}: has a language, a title, landmarks, headings and table headers`,
      at.lang === "en" && at.title.endsWith("idpd") && at.h1 === 1 && !at.skips && at.landmarks === 3 && at.headers, JSON.stringify(at));
    const summaries = await page.locator("summary").count();
    for (let i = 0; i < summaries; ++i) {  // by keyboard alone, in the order of the page
      await page.keyboard.press("Tab");
      const reached = await page.evaluate(() => [...document.querySelectorAll("summary")].indexOf(document.activeElement));
      expect(`${where}: Tab reaches what can be opened`, reached === i, `${reached}, not ${i}`);
      await page.keyboard.press("Enter");
    }
    expect(`${where}: details open`, (await page.locator("details[open]").count()) === (await page.locator("details").count()));
    const open = await page.evaluate(wide);
    expect(`${where}: needs no scrolling to the side when all is open`, open.length === 0, open.slice(0, 5).join("; "));
    const low = await page.evaluate(faint);
    expect(`${where}: can be read`, low.length === 0, low.slice(0, 5).join("; "));
    await page.screenshot({ path: join(screenshots, `${where.replaceAll(" ", "-")}-open.png`), fullPage: true });
  }
  await context.close();
}

const browser = await chromium.launch({ executablePath, args: process.getuid() === 0 ? ["--no-sandbox"] : [] });
const names = readdirSync(pages).filter((file) => file.endsWith(".html")).map((file) => file.slice(0, -5));
expect("there are pages", names.length >= 5, names.join(", "));
for (const name of names) {
  for (const width of [360, 1280]) {
    for (const colorScheme of ["light", "dark"]) await look(browser, name, { width, colorScheme, javaScriptEnabled: true });
  }
  await look(browser, name, { width: 360, colorScheme: "light", javaScriptEnabled: false });
}
await browser.close();
server.close();
console.log(failures === 0 ? `${names.length} pages are good` : `${failures} failures`);
process.exit(failures === 0 ? 0 : 1);
