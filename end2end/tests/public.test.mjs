// Somebody scans a label with a phone: the light, the sentence, the facts; without a script, in large type, in English, by an old phone's
// width; a number that leads nowhere; and what staff sees beside. Pictures are left in shots/, on a laptop and a phone, light and dark.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import * as contexts from '../lib/browser.mjs';
import { launch, watchedPage } from '../lib/browser.mjs';
import { checkPage } from '../lib/page.mjs';
import { session } from '../lib/account.mjs';

const shots = path.join(product.root, 'end2end/shots');
let home;
let server;
let browser;
let regulator;
let tag;
/** The address that its printed label holds, on this server. */
let label;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 300, stations: 6, days: 3 });
  server = await product.serve(home);
  browser = await launch();
  regulator = await session(browser, home, server, 'city_regulator');
  const context = await browser.newContext({ storageState: regulator });
  const page = await context.newPage();
  await page.goto(`${server.base}/cylinders?custody=8`, { waitUntil: 'networkidle' });
  tag = await page.locator('[data-testid=rows] a.row-link').first().innerText();
  await page.goto(`${server.base}/labels?code=${tag}`, { waitUntil: 'networkidle' });
  const printed = await page.locator('svg.label-qr').getAttribute('data-address');
  label = server.base + printed.replace(/^https:\/\/[^/]+/, '');
  await context.close();
  assert.match(label, /[?&]k=[0-9A-Z]{16}$/);
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

const phone = (others) => contexts.phone(browser, others);

test('a label is scanned: one document, whole without a script, at most 30 KiB', async () => {
  const context = await phone({ javaScriptEnabled: false });
  const page = await context.newPage();
  const loaded = [];
  page.on('response', async (r) => loaded.push([r.url(), (await r.body()).length]));
  await page.goto(label, { waitUntil: 'networkidle' });
  const text = await page.locator('main').innerText();
  for (const part of ['下次检验', '产权单位', '充装许可', '最近充装', '用气安全', '流转过程']) assert.ok(text.includes(part), `${part}: ${text}`);
  assert.ok(!/1[3-9]\d{9}/.test(await page.content()), 'a mobile number');
  const pages = loaded.filter(([url]) => !url.startsWith('data:'));
  assert.equal(pages.length, 1, JSON.stringify(loaded));
  assert.ok(pages[0][1] <= 30 * 1024, `${pages[0][1]} bytes`);
  await context.close();
});

test('it can be read: by axe, in large type, in English, aloud, on a narrow phone, in the dark', async () => {
  for (const [name, options, address] of [
    ['phone', {}, label],
    ['phone-dark', { colorScheme: 'dark' }, label],
    ['phone-big', {}, `${label}&big=1`],
    ['phone-narrow-en', { viewport: { width: 320, height: 640 } }, `${label}&lang=en`],
    ['laptop', { viewport: { width: 1440, height: 900 } }, label],
    ['laptop-dark', { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' }, label],
    ['unsigned-phone', {}, `${server.base}/q/${tag}`],
    ['ask-phone', {}, `${server.base}/q`],
  ]) {
    const context = await phone(options);
    const watched = await watchedPage(context);
    await watched.page.goto(address, { waitUntil: 'networkidle' });
    await checkPage(watched.page, name, 5);
    await watched.page.screenshot({ path: path.join(shots, `scan-${name}.png`), fullPage: true });
    watched.clean(name);
    await context.close();
  }
});

test('a button switches the type and the language and keeps what was asked', async () => {
  const context = await phone();
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(label, { waitUntil: 'networkidle' });
  await page.getByRole('link', { name: '大字版' }).click();
  await page.getByRole('link', { name: 'English' }).click();
  await page.getByText('Last filled').waitFor();
  assert.equal(await page.locator('body').getAttribute('class'), 'big');
  await page.goBack();
  await page.getByText('最近充装').waitFor();
  watched.clean('while type and language were switched');
  await context.close();
});

test('a number that leads nowhere is said to, and can be mended', async () => {
  const context = await phone();
  const page = await context.newPage();
  await page.goto(`${server.base}/q/99999999999`, { waitUntil: 'networkidle' });
  await page.getByText('查无此瓶').waitFor();
  await checkPage(page, 'a number that leads nowhere', 5);
  await page.screenshot({ path: path.join(shots, 'scan-unknown-phone.png'), fullPage: true });
  await page.getByLabel('标签号').fill(tag);
  await page.getByRole('button', { name: '查询' }).click();
  await page.waitForURL(new RegExp(`/q/${tag}\\?lang=zh$`));
  await page.getByText('没有防伪签名').waitFor();
  await context.close();
});

test('staff sees more on the same page', async () => {
  const context = await phone({ storageState: regulator });
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(label, { waitUntil: 'networkidle' });
  await page.getByText('工作人员可见').waitFor();
  await checkPage(page, 'as staff', 10);
  await page.screenshot({ path: path.join(shots, 'scan-staff-phone.png'), fullPage: true });
  await page.getByRole('link', { name: '打开气瓶档案' }).click();
  await page.waitForURL(new RegExp(`/cylinders/${tag}$`));
  await page.waitForLoadState('networkidle');
  watched.clean('while staff looked');
  await context.close();
});
