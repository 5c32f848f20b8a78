// Rules are changed by one, looked at before, approved by another, published; a cylinder's page shows the new due date.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import { launch, watchedPage, eventually } from '../lib/browser.mjs';
import { checkPage } from '../lib/page.mjs';
import { session, signIn } from '../lib/account.mjs';

const shots = path.join(product.root, 'end2end/shots');
let home;
let server;
let browser;
/** Cookies of whoever writes; name and first password of whoever approves. */
let author;
let second;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 400, stations: 6, days: 2 });
  const args = ['account', 'create', '--login', 'second', '--name', '第二名监管员', '--role', 'city_regulator'];
  const { stdout } = await product.pingji(home, args);
  const word = stdout.match(/^second\t(\S+)/m);
  assert.ok(word, stdout);
  second = { login: 'second', password: word[1] };
  server = await product.serve(home);
  browser = await launch();
  author = await session(browser, home, server, 'city_regulator');
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

const context = (storageState, options = {}) => browser.newContext({
  viewport: { width: 1440, height: 900 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', storageState, ...options,
});

test('a rule is changed, looked at, approved by another, published', async () => {
  const one = await context(author);
  const watched = await watchedPage(one);
  const { page } = watched;
  await page.goto(`${server.base}/rules/drafts`, { waitUntil: 'networkidle' });
  await page.fill('#note', '试点:2007 年后液化气瓶每两年检验');
  await page.click('[data-testid=begin] button');
  await page.waitForURL('**/rules/drafts/1');
  await page.waitForLoadState('networkidle');
  await page.click('[data-testid=choose]');
  await page.locator('[data-testid=rules] a', { hasText: /^INT-LPG-1$/ }).click();
  await page.locator('form.form #f-value').waitFor();
  assert.equal(await page.inputValue('#f-value'), '48');
  // What cannot be is told at its field, and nothing is lost.
  await page.fill('#f-value', '0');
  await page.click('form.form button[type=submit]');
  await page.locator('#e-value', { hasText: '1 至 2400' }).waitFor();
  await page.fill('#f-value', '24');
  await page.selectOption('#f-confirmed', 'no');
  await page.click('form.form button[type=submit]');
  await page.locator('[data-testid=changes]').waitFor();
  assert.match(await page.locator('[data-testid=changes]').innerText(), /48 个月 → 24 个月/);
  await page.waitForLoadState('networkidle');
  await page.click('[data-testid=preview]');
  await page.locator('[data-testid=moved]').waitFor({ timeout: 20_000 });
  const told = await page.locator('[data-testid=standings]').innerText();
  assert.match(told, /未到期\s+过检/);
  await page.waitForLoadState('networkidle');

  // The list behind a figure, and the first cylinder of it.
  await page.locator('[data-testid=standings] tr', { hasText: '过检' }).locator('a').first().click();
  const first = page.locator('[data-testid=moved] tbody tr').first();
  await first.waitFor();
  const tag = await first.locator('a').innerText();
  const [was, is] = (await first.locator('td[data-label=检验到期日]').innerText()).split(' → ');
  assert.ok(was > is, `${was} → ${is}`);
  await page.goto(`${server.base}/cylinders/${tag}`, { waitUntil: 'networkidle' });
  assert.ok((await page.locator('main').innerText()).includes(was));

  await page.goto(`${server.base}/rules/drafts/1`, { waitUntil: 'networkidle' });
  await page.click('[data-testid=submit]');
  await page.getByText('等待另一名有批准权限的人员批准').waitFor();
  assert.equal(await page.locator('[data-testid=approve]').count(), 0, 'whoever wrote it cannot approve it');

  const two = await context(undefined);
  const theirs = await watchedPage(two);
  await signIn(theirs.page, server, second.login, second.password);
  if (new URL(theirs.page.url()).pathname === '/me') {
    const next = 'Kettle-on-the-hob-42';
    await theirs.page.fill('#current', second.password);
    await theirs.page.fill('#new', next);
    await theirs.page.fill('#again', next);
    await theirs.page.click('form[action*=password_change] button[type=submit]');
    await theirs.page.waitForLoadState('networkidle');
  }
  await theirs.page.goto(`${server.base}/rules/drafts/1`, { waitUntil: 'networkidle' });
  await theirs.page.click('[data-testid=approve]');
  await theirs.page.locator('[data-testid=publish]').waitFor();
  await theirs.page.waitForLoadState('networkidle');
  await theirs.page.click('[data-testid=publish]');
  await theirs.page.locator('[data-testid=derived]').waitFor();
  await eventually('all is derived anew', async () => {
    return (await theirs.page.locator('[data-testid=derived]').getAttribute('data-ended')) === 'true';
  });

  await page.goto(`${server.base}/cylinders/${tag}`, { waitUntil: 'networkidle' });
  const text = await page.locator('main').innerText();
  assert.ok(text.includes(is) && text.includes('过检'), text);
  await page.goto(`${server.base}/rules/versions`, { waitUntil: 'networkidle' });
  assert.match(await page.locator('[data-testid=versions]').innerText(), /第二名监管员/);
  await page.locator('[data-testid=versions] a', { hasText: '与上一版本比较' }).first().click();
  await page.locator('[data-testid=changes]', { hasText: 'INT-LPG-1' }).waitFor();
  watched.clean('whoever writes');
  theirs.clean('whoever approves');
  await one.close();
  await two.close();
});

test('pictures of its pages, on a laptop and a phone, light and dark', async () => {
  const own = await context(author);
  const maker = await own.newPage();
  await maker.goto(`${server.base}/rules/drafts`, { waitUntil: 'networkidle' });
  await maker.fill('#note', '缩短使用年限的测算');
  await maker.click('[data-testid=begin] button');
  await maker.waitForURL('**/rules/drafts/2');
  await maker.goto(`${server.base}/rules/drafts/2/row?rule=LIFE-LPG-2006`, { waitUntil: 'networkidle' });
  await maker.fill('#f-value', '72');
  await maker.click('form.form button[type=submit]');
  await maker.locator('[data-testid=changes]').waitFor();
  await maker.waitForLoadState('networkidle');
  await maker.click('[data-testid=preview]');
  await maker.locator('[data-testid=standings]').waitFor({ timeout: 20_000 });
  await own.close();
  for (const [size, viewport] of [['laptop', { width: 1440, height: 900 }], ['phone', { width: 390, height: 844 }]]) {
    for (const colorScheme of ['light', 'dark']) {
      const c = await context(author, { viewport, colorScheme });
      const watched = await watchedPage(c);
      for (const [name, address] of [
        ['drafts', '/rules/drafts'], ['draft', '/rules/drafts/2'], ['row', '/rules/drafts/2/row?rule=INT-LPG-1'],
        ['moved', '/rules/drafts/2/cylinders'], ['versions', '/rules/versions?from=1&to=2'], ['list', '/rules?draft=2'],
      ]) {
        await watched.page.goto(`${server.base}${address}`, { waitUntil: 'networkidle' });
        await checkPage(watched.page, `rules-${name} ${size} ${colorScheme}`);
        await watched.page.screenshot({ path: path.join(shots, `rules-${name}-${size}-${colorScheme}.png`), fullPage: true });
      }
      watched.clean(`${size} ${colorScheme}`);
      await c.close();
    }
  }
});
