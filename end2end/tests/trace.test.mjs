// The trace of a cylinder, its evidence, records and the map, as a regulator follows them; by keyboard; without the module. Pictures of
// every page are left in shots/, on a laptop and a phone, light and dark.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import { launch, watchedPage, eventually } from '../lib/browser.mjs';
import { checkPage } from '../lib/page.mjs';
import { session } from '../lib/account.mjs';

const shots = path.join(product.root, 'end2end/shots');
let home;
let server;
let browser;
/** What a regulator's browser keeps once he signed in. */
let signedIn;
/** A cylinder with a history. */
let tag;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 600, stations: 8, days: 2 });
  server = await product.serve(home);
  browser = await launch();
  signedIn = await session(browser, home, server, 'city_regulator');
  const first = await browser.newContext({ locale: 'zh-CN', storageState: signedIn });
  const page = await first.newPage();
  await page.goto(`${server.base}/records`);
  tag = await page.locator('[data-testid=rows] tbody tr td[data-label=标签号]').first().innerText();
  await first.close();
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

async function reader(options = {}) {
  const { width = 1440, height = 900, ...others } = options;
  return browser.newContext({
    viewport: { width, height }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', storageState: signedIn, ...others,
  });
}

const ready = (page) => page.waitForLoadState('networkidle');

test('from a record to its cylinder, back in time, and the pack that proves it', async () => {
  const context = await reader({ acceptDownloads: true });
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${server.base}/records`);
  await ready(page);
  await page.locator('[data-testid=rows] a.row-link').first().click();
  await page.locator('.detail h1').waitFor();
  await page.getByText('钢瓶轨迹').click();
  await page.locator('[data-testid=known]').waitFor();
  assert.match(await page.locator('[data-testid=known]').innerText(), /现在/);
  const events = await page.locator('[data-testid=timeline] li').count();
  assert.ok(events > 0);
  // Long before anything of it was recorded.
  await page.locator('input[name=known]').fill('1999-01-01T00:00:00');
  await page.locator('.as-of button').click();
  await page.locator('[data-testid=not-yet]').waitFor();
  await page.goto(`${server.base}/cylinders/${tag}/evidence`);
  await ready(page);
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('[data-testid=pack]').click()]);
  const at = path.join(home.dir, 'pack.zip');
  await download.saveAs(at);
  const said = await product.pingji(home, ['verify', '--pack', at]);
  assert.match(JSON.stringify(said), /it is what stands in the record/);
  const bytes = await readFile(at);
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  await writeFile(at, bytes);
  const changed = await product.pingji(home, ['verify', '--pack', at]).then(JSON.stringify, String);
  assert.doesNotMatch(changed, /it is what stands in the record/);
  watched.clean('from a record to the pack');
  await context.close();
});

test('the map: nearer by the keyboard, from a figure to its list', async () => {
  const context = await reader();
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${server.base}/map`);
  await ready(page);
  await page.keyboard.press('+');
  await eventually('nearer', () => page.url().includes('z=1'));
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('-');
  await eventually('as far as before', () => !page.url().includes('z=1'));
  const first = page.locator('[data-testid=places] tbody tr').first().locator('td.num a');
  const figure = (await first.innerText()).replaceAll(',', '');
  await first.click();
  await page.locator('[data-testid=total]').waitFor();
  assert.ok((await page.locator('[data-testid=total]').innerText()).includes(figure));
  watched.clean('on the map');
  await context.close();
});

for (const [size, width, height] of [['laptop', 1440, 900], ['phone', 390, 844]]) {
  for (const theme of ['light', 'dark']) {
    test(`pictures: ${size}, ${theme}`, async () => {
      const context = await reader({ width, height, colorScheme: theme });
      const watched = await watchedPage(context);
      const { page } = watched;
      for (const [name, address] of [
        ['trace', `/cylinders/${tag}/trace`],
        ['trace-not-yet', `/cylinders/${tag}/trace?known=1999-01-01T00%3A00`],
        ['evidence', `/cylinders/${tag}/evidence`],
        ['records', '/records'],
        ['records-nothing', '/records?q=nothing'],
        ['map', '/map'],
        ['map-near', '/map?z=2'],
      ]) {
        await page.goto(`${server.base}${address}${address.includes('?') ? '&' : '?'}theme=${theme}`);
        await ready(page);
        await page.screenshot({ path: path.join(shots, `${name}-${size}-${theme}.png`), fullPage: true });
        await checkPage(page, `${name}, ${size}, ${theme}`);
      }
      watched.clean(`${size}, ${theme}`);
      await context.close();
    });
  }
}

test('without the module all of it can be read and walked', async () => {
  const context = await reader({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.base}/map`);
  await page.locator('[data-way=in]').click();
  assert.match(page.url(), /z=1/);
  await page.goto(`${server.base}/cylinders/${tag}/trace`);
  await page.locator('.as-of button').click();
  assert.match(page.url(), /known=/);
  assert.ok(await page.locator('[data-testid=known]').isVisible());
  await context.close();
});
