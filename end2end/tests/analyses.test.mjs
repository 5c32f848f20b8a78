// From a figure to the cylinders behind it, and from a list to a file: analyses and exports as a regulator uses them.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import { launch, watchedPage, eventually } from '../lib/browser.mjs';
import { checkPage } from '../lib/page.mjs';
import { session } from '../lib/account.mjs';

const shots = path.join(product.root, 'end2end/shots');
let home;
let server;
let browser;
let regulator;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 900, stations: 8, days: 3 });
  server = await product.serve(home);
  browser = await launch();
  regulator = await session(browser, home, server, 'city_regulator');
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

const seat = ({ width = 1440, height = 900, ...others } = {}) => browser.newContext({
  viewport: { width, height }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', storageState: regulator, ...others,
});
const go = (page, where) => page.goto(server.base + where, { waitUntil: 'networkidle' });
const count = (text) => Number(text.replace(/\D/g, ''));

test('overdue in a district: from the figure to the list, to a cylinder, to its owner', async () => {
  const context = await seat();
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/analyses');
  await page.locator('[data-testid=card-abnormal]').click();
  await page.locator('[data-testid=sheet]').waitFor();
  const links = page.locator('[data-testid=sheet] a[href*="inspection=overdue"]');
  const figure = await links.first().innerText();
  assert.ok(count(figure) > 0, 'nothing is overdue in the demonstration');
  await links.first().click();
  await page.locator('[data-testid=total]').waitFor();
  assert.equal(count(await page.locator('[data-testid=total]').innerText()), count(figure), 'the list is another than the figure');
  await page.locator('[data-testid=rows] a.row-link').first().click();
  await page.locator('.detail h1').waitFor();
  assert.match(await page.locator('.detail').innerText(), /产权单位/);
  watched.clean('from a figure to an owner');
  await context.close();
});

test('what a list shows is in the file', async () => {
  const context = await seat({ acceptDownloads: true });
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/cylinders?inspection=overdue');
  const total = count(await page.locator('[data-testid=total]').innerText());
  await page.locator('.tools summary', { hasText: '导出' }).click().catch(() => {});
  await page.locator('[data-testid=export-csv]').click();
  await eventually('the page of exports', () => page.url().includes('/exports'));
  await page.locator('[data-testid=download]').first().waitFor({ timeout: 20_000 });
  await page.screenshot({ path: path.join(shots, 'exports-laptop-light.png') });
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator('[data-testid=download]').first().click()]);
  const text = await readFile(await file.path(), 'utf8');
  assert.equal(text.charCodeAt(0), 0xfeff, 'a spreadsheet reads it as UTF-8');
  assert.equal(text.trimEnd().split('\n').length - 1, total);
  watched.clean('while a list was exported');
  await context.close();
});

for (const [name, width, height] of [['laptop', 1440, 900], ['phone', 390, 844]]) {
  for (const theme of ['light', 'dark']) {
    test(`analyses and exports on a ${name}, ${theme}`, async () => {
      const context = await seat({ width, height, colorScheme: theme });
      const watched = await watchedPage(context);
      const { page } = watched;
      await go(page, '/analyses?lang=zh');
      const all = await page.locator('a.card').evaluateAll((cards) => cards.map((card) => card.getAttribute('href')));
      assert.ok(all.length >= 12, `${all.length} analyses`);
      const pages = [['analyses', '/analyses'], ['exports', '/exports'], ...all.map((href) => [`analysis-${href.split(/[/?]/)[2]}`, href])];
      for (const [what, address] of pages) {
        await go(page, address);
        await page.screenshot({ path: path.join(shots, `${what}-${name}-${theme}.png`) });
        await checkPage(page, `${what} on a ${name}, ${theme}`);
        watched.clean(`${what} on a ${name}, ${theme}`);
      }
      await context.close();
    });
  }
}
