// An administrator's first sign-in: first password, second factor, then the log; and who may not is told so.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import { launch, context, watchedPage } from '../lib/browser.mjs';
import { password, signIn } from '../lib/account.mjs';

let home;
let server;
let browser;

before(async () => {
  home = await product.makeHome();
  await product.demo(home, { cylinders: 60, stations: 2, days: 1 });
  server = await product.serve(home);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

/** RFC 6238, by another hand than the product's. */
function totp(secret, at = Date.now()) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac('sha1', key).update(step).digest();
  const from = digest[19] & 15;
  return String((digest.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function submit(page, form) {
  await Promise.all([page.waitForNavigation({ waitUntil: 'networkidle' }), page.click(`form[action="/api/fn/${form}"] button`)]);
}

async function picture(watched, name) {
  for (const [size, width, height] of [['', 1440, 900], ['-phone', 390, 844]]) {
    await watched.page.setViewportSize({ width, height });
    await watched.page.screenshot({ path: path.join(product.root, `end2end/shots/access-${name}${size}.png`), fullPage: true });
    const wide = await watched.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${name}${size} scrolls sideways by ${wide} px`);
  }
  await watched.page.setViewportSize({ width: 1440, height: 900 });
}

test('the auditor sets up a second factor, signs in with it, and reads the log', async () => {
  const own = await context(browser, { width: 1440, height: 900 });
  const watched = await watchedPage(own);
  const { page } = watched;
  await signIn(page, server, 'auditor', 'wrong');
  assert.match(await page.locator('main [role=alert]').innerText(), /不正确/);
  await picture(watched, 'login');
  await signIn(page, server, 'auditor', await password(home, 'auditor'));
  assert.equal(new URL(page.url()).pathname, '/me', 'the second factor is due');
  await submit(page, 'factor_begin');
  await picture(watched, 'me');
  const secret = await page.locator('#factor ~ p code').innerText();
  await page.fill('#code', totp(secret));
  await submit(page, 'factor_confirm');
  const codes = await page.locator('.codes code').allInnerTexts();
  assert.equal(codes.length, 10);
  await submit(page, 'logout');
  await signIn(page, server, 'auditor', await password(home, 'auditor'));
  assert.equal(new URL(page.url()).pathname, '/login/code');
  await page.fill('#code', codes[0]);
  await submit(page, 'login_code');
  await page.goto(`${server.base}/audit`, { waitUntil: 'networkidle' });
  const log = await page.locator('table').innerText();
  for (const action of ['login.refused', 'factor.confirm', 'logout', 'account.create']) assert.ok(log.includes(action), action);
  await picture(watched, 'audit');
  watched.clean('while the auditor signed in');
  const refused = await own.request.get(`${server.base}/accounts`);
  assert.equal(refused.status(), 403);
  await own.close();
});

test('somebody on duty pairs a wall by the code that it shows', async () => {
  const hall = await context(browser);
  const wall = await hall.newPage();
  await wall.goto(`${server.base}/wall`);
  const code = await wall.locator('code').first().innerText();
  const desk = await context(browser, { width: 1440, height: 900 });
  const watched = await watchedPage(desk);
  await signIn(watched.page, server, 'duty_officer', await password(home, 'duty_officer'));
  await watched.page.goto(`${server.base}/displays`, { waitUntil: 'networkidle' });
  await watched.page.fill('#code', code);
  await watched.page.fill('#name', '西墙');
  await submit(watched.page, 'display_confirm');
  watched.clean('at the desk');
  // The wall finds out by itself.
  await wall.waitForFunction(() => !document.body.innerText.includes('配对码'), null, { timeout: 20_000 });
  const cookies = await hall.cookies();
  assert.ok(cookies.some((c) => c.name === 'pingji_display' && c.httpOnly));
  await watched.page.reload({ waitUntil: 'networkidle' });
  assert.match(await watched.page.locator('main').innerText(), /西墙/);
  await picture(watched, 'displays');
  watched.clean('at the desk, with a wall');
  await hall.close();
  await desk.close();
});
