// The inbox of alerts as the officer on duty uses it: from a cause to an alert, taken note of, closed as what it was, counted.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import { launch, watchedPage } from '../lib/browser.mjs';
import { checkPage } from '../lib/page.mjs';
import { session } from '../lib/account.mjs';

const shots = path.join(product.root, 'end2end/shots');
let home;
let server;
let browser;
let duty;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 600, stations: 8, days: 2 });
  server = await product.serve(home);
  browser = await launch();
  // A city in which things go wrong.
  const city = await product.simulate(home, server.base, { rate: 20, seconds: 20, faults: 'all' });
  const how = await city.waitEnd(90_000);
  assert.equal(how?.code, 0, city.tail());
  duty = await session(browser, home, server, 'duty_officer');
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

const seat = (storageState, options = {}) => {
  const { width = 1440, height = 900, ...others } = options;
  return browser.newContext({ viewport: { width, height }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', storageState, ...others });
};
const number = async (page, id) => Number((await page.locator(`[data-testid=${id}]`).innerText()).replace(/\D/g, ''));
const go = (page, where) => page.goto(server.base + where, { waitUntil: 'networkidle' });
const press = (page, name) => Promise.all([
  page.waitForNavigation({ waitUntil: 'networkidle' }), page.getByRole('button', { name, exact: true }).click(),
]);

test('an alert is found by its cause, taken note of, closed, and counted', async () => {
  const context = await seat(duty);
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/alerts');
  const [open, waiting] = [await number(page, 'open'), await number(page, 'waiting')];
  assert.ok(open > 0 && waiting > 0, 'the demonstration raised nothing');
  await Promise.all([page.waitForNavigation({ waitUntil: 'networkidle' }), page.locator('[data-testid=groups] a').first().click()]);
  const kind = await page.locator('[data-testid=alerts] td.kind a').first().innerText();
  await Promise.all([page.waitForNavigation({ waitUntil: 'networkidle' }), page.locator('[data-testid=alerts] td.kind a').first().click()]);
  const address = page.url();
  assert.ok((await page.locator('h1').innerText()).includes(kind));
  await press(page, '签收');
  assert.equal(page.url().split('?')[0], address);
  assert.match(await page.locator('[data-testid=taken]').innerText(), /签收/);
  // To close it without saying what it was and why is refused, and nothing is done.
  await press(page, '关闭告警');
  assert.equal(await page.locator('main [role=alert]').count(), 1);
  await page.selectOption('#finding', { label: '属实' });
  await page.fill('#reason', '已到站核查 <b>');
  await press(page, '关闭告警');
  const taken = await page.locator('[data-testid=taken]').innerText();
  assert.ok(taken.includes('关闭:属实') && taken.includes('已到站核查 <b>'), taken);
  assert.equal(await page.getByRole('button', { name: '关闭告警' }).count(), 0, 'it is closed');
  await go(page, '/alerts');
  assert.deepEqual([await number(page, 'open'), await number(page, 'waiting')], [open - 1, waiting - 1]);
  await go(page, '/alerts/precision');
  const row = page.locator('[data-testid=precision] tbody tr', { hasText: kind });
  assert.deepEqual(await row.locator('td').allInnerTexts(), [kind, '1', '0', '0', '100.0 %']);
  watched.clean('while an alert was closed');
  await context.close();
});

test('several at once, as somebody is picked for them; whoever only reads is offered nothing', async () => {
  const context = await seat(duty);
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/alerts/list');
  const boxes = page.locator('[data-testid=alerts] input[type=checkbox]');
  const many = Math.min(3, await boxes.count());
  for (let i = 0; i < many; i += 1) await boxes.nth(i).check();
  await page.selectOption('#to', { label: '值班人员' });
  await press(page, '指派');
  await go(page, '/alerts/list?mine=1');
  assert.equal(await page.locator('[data-testid=alerts] tbody tr').count(), many);
  watched.clean('while alerts were given away');
  await context.close();
});

test('a district sees its own, and another district is as if it were not there', async () => {
  const whole = await seat(duty);
  const own = await seat(await session(browser, home, server, 'district_regulator'));
  const [all, mine] = [await whole.newPage(), await own.newPage()];
  await go(all, '/alerts/list');
  await go(mine, '/alerts/list');
  const numbers = (page) => page.locator('[data-testid=alerts] td.kind a').evaluateAll((links) => links.map((a) => a.getAttribute('href')));
  const [city, district] = [await numbers(all), await numbers(mine)];
  const other = city.find((href) => !district.includes(href));
  assert.ok(other, 'every alert is of one district');
  const [foreign, none] = [await own.request.get(server.base + other), await own.request.get(`${server.base}/alerts/999999`)];
  assert.equal(foreign.status(), none.status());
  assert.equal((await own.request.get(`${server.base}/accounts`)).status(), 403);
  await whole.close();
  await own.close();
});

for (const [name, width, height] of [['laptop', 1440, 900], ['phone', 390, 844]]) {
  for (const theme of ['light', 'dark']) {
    test(`the pages of alerts on a ${name}, ${theme}`, async () => {
      const context = await seat(duty, { width, height, colorScheme: theme });
      const watched = await watchedPage(context);
      const { page } = watched;
      await go(page, '/alerts/list');
      const one = await page.locator('[data-testid=alerts] td.kind a').first().getAttribute('href');
      for (const [what, address] of [
        ['alerts', '/alerts'], ['alerts-list', '/alerts/list'], ['alerts-none', '/alerts/list?tag=none'], ['alert', one],
        ['alerts-precision', '/alerts/precision?lang=en'], ['me', '/me?lang=zh'], ['displays', '/displays'],
      ]) {
        await go(page, address);
        await page.screenshot({ path: path.join(shots, `${what}-${name}-${theme}.png`) });
        await checkPage(page, `${what} on a ${name}, ${theme}`);
        watched.clean(`${what} on a ${name}, ${theme}`);
      }
      await context.close();
    });
  }
}
