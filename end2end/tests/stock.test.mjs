// What an archive needs besides: a file is put right, tags are issued and voided, a duplicate is settled, labels are printed. Pictures
// of each page are left in shots/, on a laptop and a phone, light and dark.

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

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 300, stations: 6, days: 1 });
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
const tags = (page) => page.locator('[data-testid=rows] a.row-link').allInnerTexts();
/** Sends a form that goes on to another page. */
const send = async (page, name, address) => {
  await page.getByRole('button', { name, exact: true }).click();
  await page.waitForURL(address, { timeout: 15_000 });
  await page.waitForLoadState('networkidle');
};

test('a file is put right, and its life tells what stood there', async () => {
  const context = await seat();
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/cylinders');
  const [tag] = await tags(page);
  await go(page, `/cylinders/${tag}`);
  await page.getByRole('link', { name: '变更档案' }).click();
  await page.waitForURL(/\/cylinders\/edit/);
  await page.waitForLoadState('networkidle');
  const was = await page.locator('#f-maker').inputValue();
  await page.locator('#f-maker').fill('百工');
  // Without a reason nothing is changed.
  await page.getByRole('button', { name: '提交变更' }).click();
  await page.locator('#e-reason', { hasText: '请填写此项' }).waitFor();
  await page.locator('#f-reason').fill('铭牌抄错');
  await page.locator('#f-evidence').fill('照片 0417');
  await send(page, '提交变更', new RegExp(`/cylinders/${tag}$`));
  const life = await page.locator('[data-testid=timeline]').innerText();
  assert.ok(life.includes(`制造单位: ${was} → 百工; 原因: 铭牌抄错; 依据: 照片 0417`), life);
  assert.ok((await page.locator('.facts').first().innerText()).includes('百工'));
  watched.clean('while a file was put right');
  await context.close();
});

test('a series is issued, a tag of it bound, replaced and voided', async () => {
  const context = await seat();
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/cylinders');
  const tag = (await tags(page))[1];
  await go(page, '/tags/issue');
  await page.locator('#f-org').selectOption({ index: 1 });
  await page.locator('#f-enterprise').fill('911');
  await page.locator('#f-medium').selectOption('03');
  await page.locator('#f-first').fill('1');
  await page.locator('#f-last').fill('200');
  await page.locator('#f-sure').check();
  await send(page, '发放', /\/tags\/series\?q=91103/);
  assert.match(await page.locator('[data-testid=rows]').innerText(), /91103000001[\s\S]*91103000200/);
  await go(page, `/tags/bind?cylinder=${tag}&replaces=${tag}&reason=damaged`);
  await page.locator('#f-tag').fill('91103000007');
  await page.locator('#f-site').selectOption({ index: 1 });
  await send(page, '绑定', /\/cylinders\/91103000007$/);
  await page.locator('#tags ~ ul a, .tags a').filter({ hasText: '作废' }).first().click();
  await page.waitForURL(/\/tags\/void\?tag=91103000007/);
  await page.waitForLoadState('networkidle');
  await page.locator('#f-reason').selectOption('lost');
  await page.locator('#f-site').selectOption({ index: 1 });
  await page.locator('#f-sure').check();
  await send(page, '作废', /\/tags\?q=91103000007/);
  assert.match(await page.locator('[data-testid=rows]').innerText(), /已作废/);
  watched.clean('while tags were issued and voided');
  await context.close();
});

test('a cylinder that was entered twice is merged', async () => {
  const context = await seat();
  const watched = await watchedPage(context);
  const { page } = watched;
  for (const tag of ['9900000001', '9900000002']) {
    await go(page, '/cylinders/new');
    await page.locator('#f-tag').fill(tag);
    await page.locator('#f-site').selectOption({ index: 1 });
    await page.locator('#f-medium').selectOption('LPG');
    await page.locator('#f-model').selectOption('YSP35.5');
    await page.locator('#f-stamp_no').fill('TWICE-1');
    await page.locator('#f-maker').fill('百工');
    await page.locator('#f-made').fill('2024-05');
    await send(page, '登记', new RegExp(`/cylinders/${tag}$`));
  }
  for (const [name, width, height, theme] of [
    ['laptop-light', 1440, 900, 'light'], ['laptop-dark', 1440, 900, 'dark'],
    ['phone-light', 390, 844, 'light'], ['phone-dark', 390, 844, 'dark'],
  ]) {
    await page.setViewportSize({ width, height });
    await go(page, `/collisions?theme=${theme}`);
    await page.locator('.settle summary').click();
    await page.screenshot({ path: path.join(shots, `collisions-${name}.png`), fullPage: true });
    await checkPage(page, `the duplicates, ${name}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await go(page, '/collisions?theme=light');
  await page.locator('.settle summary').click();
  await page.getByLabel('保留甲,注销乙').check();
  await page.locator('form[action$=collision_same] input[name=reason]').fill('实物只有一只');
  await page.locator('form[action$=collision_same] input[name=sure]').check();
  await Promise.all([
    page.waitForNavigation({ waitUntil: 'networkidle' }), page.getByRole('button', { name: '合并' }).click(),
  ]);
  assert.match(await page.locator('main').innerText(), /已保存[\s\S]*没有待处理的重复或冲突/);
  await go(page, '/cylinders/9900000002');
  assert.match(await page.locator('[data-testid=timeline]').innerText(), /重复建档; 保留档案: 9900000001; 原因: 实物只有一只/);
  watched.clean('while a duplicate was settled');
  await context.close();
});

test('labels of picked cylinders, in millimetres', async () => {
  const context = await seat();
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/cylinders?theme=light');
  const wanted = (await tags(page)).slice(3, 6);
  for (const tag of wanted) await page.locator(`input.pick[value="${tag}"]`).check();
  await Promise.all([page.waitForNavigation({ waitUntil: 'networkidle' }), page.locator('[data-testid=bulk]').click()]);
  const labels = page.locator('.tag-label');
  assert.deepEqual(await labels.evaluateAll((all) => all.map((l) => l.dataset.code)), wanted);
  // A millimetre of CSS is 96/25.4 pixels.
  const { width, height } = await labels.first().boundingBox();
  assert.ok(Math.abs(width - 60 * 96 / 25.4) < 1 && Math.abs(height - 40 * 96 / 25.4) < 1, `${width} × ${height}`);
  const overflow = await labels.evaluateAll((all) => all.filter((l) => l.scrollHeight > l.clientHeight + 1).length);
  assert.equal(overflow, 0, 'a label holds less than stands on it');
  const addresses = await page.locator('.label-qr').evaluateAll((all) => all.map((q) => q.dataset.address));
  for (const [i, tag] of wanted.entries()) assert.match(addresses[i], new RegExp(`/L\\?id=\\d{6}${tag}&k=[2-9A-Z]{16}$`));
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('.page-head').isVisible(), false);
  await labels.first().screenshot({ path: path.join(shots, 'label.png') });
  await page.emulateMedia({ media: 'screen' });
  watched.clean('while labels were made');
  await context.close();
});

for (const [name, width, height] of [['laptop', 1440, 900], ['phone', 390, 844]]) {
  for (const theme of ['light', 'dark']) {
    test(`every page on a ${name}, ${theme}`, async () => {
      const context = await seat({ width, height });
      const watched = await watchedPage(context);
      const { page } = watched;
      await go(page, `/cylinders?theme=${theme}`);
      const list = await tags(page);
      const pages = [
        ['archive-picks', '/cylinders'], ['file-edit', `/cylinders/edit?cylinder=${list[3]}`], ['file-gone', '/cylinders/edit?cylinder=NONE'],
        ['tag-series', '/tags/series'], ['tag-issue', '/tags/issue'], ['tag-void', `/tags/void?tag=${list[3]}`],
        ['tag-void-faults', '/tags/void?checked=1&tag=T1'],
        ['labels', `/labels?code=${list[3]}&code=${list[4]}&code=${list[5]}`], ['labels-none', '/labels'],
        ['collisions-none', '/collisions?kind=tag-serial'], ['file-amended', `/cylinders/${list[0]}`],
      ];
      for (const [shot, where] of pages) {
        await go(page, where);
        await page.screenshot({ path: path.join(shots, `${shot}-${name}-${theme}.png`), fullPage: true });
        await checkPage(page, `${shot} on a ${name}, ${theme}`);
      }
      await context.close();
    });
  }
}
