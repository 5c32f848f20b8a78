// Check items and the registers of accidents and hazards as a regulator uses them.

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
let regulator;
/** A cylinder that was checked. */
let cylinder;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 400, stations: 6, days: 3 });
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
const submit = (page, button) => Promise.all([page.waitForNavigation({ waitUntil: 'networkidle' }), button.click()]);
const pathOf = (page) => new URL(page.url()).pathname;

test('a catalogue: a draft, an item changed, the difference, published; the older version stays', async () => {
  const context = await seat();
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/checks');
  await page.locator('[data-testid=catalogues] a', { hasText: '入户安检' }).first().click();
  await page.locator('.detail h1').waitFor();
  await submit(page, page.locator('button[value=begin]'));
  assert.match(page.url(), /version=2/);
  await submit(page, page.locator('[data-testid=items] a[aria-label="编辑 C06"]'));
  await page.locator('#f-zh').waitFor();
  assert.equal(await page.inputValue('#f-code'), 'C06');
  await page.fill('#f-zh', '');
  await page.locator('.form button[type=submit]').click();
  await page.locator('#faults:not(.none)').waitFor();
  await page.fill('#f-zh', '瓶阀或接口漏气');
  await page.locator('.form button[type=submit]').click();
  await page.locator('[data-testid=changes]').waitFor();
  assert.match(await page.locator('[data-testid=changes]').innerText(), /C06[\s\S]*瓶阀漏气 → 瓶阀或接口漏气/);
  await page.screenshot({ path: path.join(shots, 'checks-draft-laptop-light.png'), fullPage: true });
  await page.fill('#note', '按现场反馈修订');
  await submit(page, page.locator('button[value=publish]'));
  assert.equal(await page.locator('.told.error').count(), 1, 'it was published without a confirmation');
  await go(page, '/checks/home?version=2');
  await page.fill('#note', '按现场反馈修订');
  await page.check('#sure');
  await submit(page, page.locator('button[value=publish]'));
  assert.match(await page.locator('.detail h1').innerText(), /第 2 版/);
  await page.locator('[data-testid=versions] a', { hasText: /^1$/ }).click();
  await page.locator('.detail h1', { hasText: '第 1 版' }).waitFor();
  assert.doesNotMatch(await page.locator('[data-testid=items]').innerText(), /瓶阀或接口漏气/);
  watched.clean('while a catalogue was edited');
  await context.close();
});

test('a hazard from its entry to its end; the statistics lead to it', async () => {
  const context = await seat();
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/hazards');
  assert.match(await page.locator('[data-testid=nothing]').innerText(), /还没有登记的隐患/);
  await page.getByRole('link', { name: '登记隐患' }).first().click();
  await page.locator('#f-at').waitFor();
  await page.waitForLoadState('networkidle');
  await page.locator('.form button[type=submit]').click();
  await page.locator('#faults:not(.none)').waitFor();
  // Local time: what happened an hour ago is to be put right today, whichever side of midnight it is.
  const local = (ms) => new Date(Date.now() + 8 * 3_600_000 + ms).toISOString();
  const [now, today] = [local(-3_600_000).slice(0, 16), local(0).slice(0, 10)];
  await page.fill('#f-at', now);
  await page.selectOption('#f-kind', 'user');
  await page.selectOption('#f-severity', 'grave');
  await page.selectOption('#f-district', '410105');
  await page.fill('#f-place', '经三路 1 号');
  await page.selectOption('#f-item', 'C06');
  await page.fill('#f-brief', '瓶阀漏气,用户自行处理');
  await page.locator('.form button[type=submit]').click();
  await page.locator('[data-testid=steps]').waitFor();
  const at = pathOf(page);
  for (const [act, more] of [['demand', true], ['rectify'], ['close']]) {
    await page.fill('#note', '见现场记录');
    if (more) await page.fill('#due', today);
    await submit(page, page.locator(`button[value=${act}]`));
    assert.equal(pathOf(page), at);
    assert.equal(await page.locator('.told.done').count(), 1, act);
  }
  assert.equal(await page.locator('[data-testid=steps] li').count(), 4);
  await go(page, '/accidents/new');
  await page.fill('#f-at', now);
  await page.selectOption('#f-kind', 'leak');
  await page.selectOption('#f-district', '410105');
  await page.fill('#f-place', '花园路 2 号');
  await page.fill('#f-serious', '1');
  await page.fill('#f-brief', '更换软管时泄漏');
  await page.locator('.form button[type=submit]').click();
  await page.locator('[data-testid=steps]').waitFor();
  assert.match(await page.locator('.detail').innerText(), /一般事故/);
  await go(page, '/analyses/statistics');
  await submit(page, page.locator('[data-testid=sheet] a[href^="/hazards?"]').first());
  await page.locator('[data-testid=rows] a.row-link').first().waitFor();
  assert.equal(await page.locator('[data-testid=rows] a.row-link').count(), 1);
  watched.clean('while a hazard was handled');
  await context.close();
});

test('the checks of a cylinder', async () => {
  const context = await seat();
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/records?kind=precheck');
  await page.locator('[data-testid=rows] a.row-link').first().click();
  await page.locator('.detail h1').waitFor();
  const href = await page.locator('.detail .actions a').first().getAttribute('href');
  cylinder = href;
  await go(page, href);
  await submit(page, page.locator('.actions a', { hasText: '安检记录' }));
  await page.locator('.gate-says').first().waitFor();
  watched.clean('while checks were read');
  await context.close();
});

for (const [name, width, height] of [['laptop', 1440, 900], ['phone', 390, 844]]) {
  for (const theme of ['light', 'dark']) {
    test(`check items and registers on a ${name}, ${theme}`, async () => {
      const context = await seat({ width, height, colorScheme: theme });
      const watched = await watchedPage(context);
      const { page } = watched;
      for (const [what, address] of [
        ['checks', '/checks'],
        ['checks-home', '/checks/home'],
        ['checks-edit', '/checks/edit?catalogue=home&confirmed=no&enabled=yes'],
        ['checks-cylinder', `${cylinder}/checks`],
        ['accidents', '/accidents'],
        ['accident', '/accidents/2'],
        ['accident-new', '/accidents/new'],
        ['hazards', '/hazards'],
        ['hazard', '/hazards/1'],
        ['hazards-late', '/hazards?state=late'],
        ['orgs', '/orgs'],
        ['org', '/orgs/1'],
        ['user-storage', '/analyses/user-storage'],
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
