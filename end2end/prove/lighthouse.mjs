// The public pages as Lighthouse judges them on a phone: every category of every page at least 95.
//
//   node prove/lighthouse.mjs
//
// Its packages are installed by scripts/prove.sh from prove/package-lock.json; prints a line a page; ends with 1 if one is below.

import lighthouse from 'lighthouse';
import { chromium } from 'playwright-core';
import { demo, freePort, makeHome, serve } from '../lib/server.mjs';
import { launch } from '../lib/browser.mjs';
import { session } from '../lib/account.mjs';

const LEAST = 95;
const home = await makeHome();
let browser;
let worst = 100;
try {
  await demo(home, { cylinders: 300, stations: 6, days: 3 });
  const server = await serve(home);
  browser = await launch();
  const context = await browser.newContext({ storageState: await session(browser, home, server, 'city_regulator') });
  const page = await context.newPage();
  await page.goto(`${server.base}/cylinders?custody=8`, { waitUntil: 'networkidle' });
  const tag = await page.locator('[data-testid=rows] a.row-link').first().innerText();
  await page.goto(`${server.base}/labels?code=${tag}`, { waitUntil: 'networkidle' });
  const printed = await page.locator('svg.label-qr').getAttribute('data-address');
  const label = printed.replace(/^https:\/\/[^/]+/, '');
  await page.goto(`${server.base}/news`);
  const post = await page.locator('main a[href^="/news/"]').first().getAttribute('href').catch(() => null);
  await browser.close();

  const port = await freePort();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium', headless: true,
    args: ['--no-sandbox', '--disable-gpu', `--remote-debugging-port=${port}`],
  });
  for (const [name, path] of [['label', label], ['complaint', '/complain'], ['news', '/news'], ['post', post], ['rating', '/rating']]) {
    if (!path) throw new Error(`no page for ${name}`);
    const { lhr } = await lighthouse(server.base + path, { port, logLevel: 'error', output: 'json' });
    const scores = Object.values(lhr.categories).map((c) => [c.id, Math.round(c.score * 100)]);
    worst = Math.min(worst, ...scores.map(([, s]) => s));
    console.log(`${name}: ${scores.map(([id, s]) => `${id} ${s}`).join(', ')}`);
    for (const category of Object.values(lhr.categories)) {
      for (const { id, weight } of category.auditRefs) {
        const audit = lhr.audits[id];
        if (weight > 0 && audit.score !== null && audit.score < 0.9) console.log(`  ${id}: ${audit.displayValue ?? audit.title}`);
      }
    }
  }
  console.log(`Lighthouse ${(await import('lighthouse/package.json', { with: { type: 'json' } })).default.version}, Node ${process.versions.node}: ${worst >= LEAST ? 'PASS' : 'FAIL'}`);
  await server.stop();
} finally {
  await browser?.close();
  await home.remove();
}
process.exit(worst >= LEAST ? 0 : 1);
