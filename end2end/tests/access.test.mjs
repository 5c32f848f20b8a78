// An administrator's first sign-in: first password, second factor, then the log; and who may not is told so.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import { launch, context, watchedPage } from '../lib/browser.mjs';
import { pictures } from '../lib/gallery.mjs';
import { enrol, password, session, signIn, submit, totp } from '../lib/account.mjs';

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

const shots = path.join(product.root, 'end2end/shots');
/** To sign in, or to be told that there is nothing, takes few words. */
const picture = (watched, name) => pictures(watched, shots, `access-${name}`, 5);

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
  await picture(watched, 'recovery-codes');
  await submit(page, 'logout');
  await signIn(page, server, 'auditor', await password(home, 'auditor'));
  assert.equal(new URL(page.url()).pathname, '/login/code');
  await picture(watched, 'login-code');
  await page.fill('#code', codes[0]);
  await submit(page, 'login_code');
  await page.goto(`${server.base}/audit`, { waitUntil: 'networkidle' });
  const log = await page.locator('table').innerText();
  for (const action of ['login.refused', 'factor.confirm', 'logout', 'account.create']) assert.ok(log.includes(action), action);
  await picture(watched, 'audit');
  watched.clean('while the auditor signed in');
  // By the app on the telephone, too: a step ahead of the one that the set-up used up, which counts as well.
  await submit(page, 'logout');
  await signIn(page, server, 'auditor', await password(home, 'auditor'));
  await page.fill('#code', totp(secret, Date.now() + 30_000));
  await submit(page, 'login_code');
  assert.equal(new URL(page.url()).pathname, '/', await page.locator('main').innerText());
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

test('the other administrators: accounts and policy', async () => {
  for (const [login, pages] of [['system_admin', [['accounts', '/accounts'], ['account', null]]], ['security_admin', [['policy', '/policy']]]]) {
    const own = await context(browser, { width: 1440, height: 900 });
    const watched = await watchedPage(own);
    const { page } = watched;
    await signIn(page, server, login, await password(home, login));
    await enrol(page);
    for (const [name, address] of pages) {
      // A line of the list leads to an account.
      if (address) await page.goto(server.base + address, { waitUntil: 'networkidle' });
      else await page.locator('main a[href^="/accounts/"]').first().click();
      await page.locator('main h1').waitFor();
      await picture(watched, name);
    }
    watched.clean(`as ${login}`);
    await own.close();
  }
});

test("a district's regulator sees nothing of another district, and is not told that it is there", async () => {
  const [city, district] = [await session(browser, home, server, 'city_regulator'), await session(browser, home, server, 'district_regulator')];
  const [all, part] = [await browser.newContext({ storageState: city }), await browser.newContext({ storageState: district })];
  const listed = async (who, address) => {
    const page = await who.newPage();
    await page.goto(server.base + address, { waitUntil: 'networkidle' });
    const tags = await page.locator('[data-testid=rows] a.row-link').allInnerTexts();
    await page.close();
    return tags;
  };
  const [every, own] = [await listed(all, '/cylinders?size=100'), await listed(part, '/cylinders?size=100')];
  assert.ok(own.length > 0 && own.length < every.length, `${own.length} of ${every.length}`);
  const foreign = every.find((tag) => !own.includes(tag));
  assert.deepEqual(await listed(part, `/cylinders?q=${foreign}`), []);
  for (const page of ['', '/history', '/trace', '/evidence']) {
    assert.equal((await all.request.get(`${server.base}/cylinders/${foreign}${page}`)).status(), 200);
    const there = await part.request.get(`${server.base}/cylinders/${foreign}${page}`);
    const nowhere = await part.request.get(`${server.base}/cylinders/${foreign.replace(/./g, '9')}${page}`);
    assert.deepEqual([there.status(), nowhere.status()], [404, 404]);
  }
  const watched = await watchedPage(part);
  await watched.outage(() => watched.page.goto(`${server.base}/cylinders/${foreign}`, { waitUntil: 'networkidle' }));
  await picture(watched, 'another-district');
  await all.close();
  await part.close();
});
