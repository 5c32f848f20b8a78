// Somebody turns browser push on, a regulator writes a message, and it comes to the browser's service, sealed: here it is read by another hand
// than the product's. Then it is given to the browser itself, which shows it and leads to it. No service of the browser's own can be reached
// from here, so its address is one of ours; everything else is the browser's.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import { launch, watchedPage, eventually } from '../lib/browser.mjs';
import { checkPage } from '../lib/page.mjs';
import { enrol, password, session, signIn, submit } from '../lib/account.mjs';

const shots = path.join(product.root, 'end2end/shots');
const SETTINGS = '/tasks/settings';
let home;
let server;
let browser;
let service;
let regulator;
let reader;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home);
  server = await product.serve(home);
  browser = await launch();
  service = await pushService();
  regulator = await session(browser, home, server, 'city_regulator');
  reader = await session(browser, home, server, 'enterprise_admin');
});

after(async () => {
  await browser?.close();
  service?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

const seat = (others = {}) => browser.newContext({
  viewport: { width: 1440, height: 900 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', ...others,
});
const go = (page, address) => page.goto(server.base + address, { waitUntil: 'networkidle' });
const shot = (page, name) => page.screenshot({ path: path.join(shots, `push-${name}.png`), fullPage: true });
const here = (page) => page.getByTestId('push-here');

/** A push service that takes whatever comes. */
async function pushService() {
  const got = [];
  const there = createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      got.push({ path: request.url, headers: request.headers, body: Buffer.concat(pieces) });
      response.writeHead(201);
      response.end();
    });
  });
  await new Promise((done) => { there.listen(0, '127.0.0.1', done); });
  return { got, base: `http://127.0.0.1:${there.address().port}`, close: () => there.close() };
}

/** Keys of a browser, and its address at the service. */
function device(name) {
  const own = createECDH('prime256v1');
  own.generateKeys();
  const auth = randomBytes(16);
  return {
    own, auth, endpoint: `${service.base}/${name}`, p256dh: own.getPublicKey().toString('base64url'), secret: auth.toString('base64url'),
  };
}

/** RFC 8291 and RFC 8188, from the browser's side. */
function opened({ own, auth }, body) {
  const salt = body.subarray(0, 16);
  assert.equal(body.readUInt32BE(16), 4096);
  assert.ok(body.length <= 4096);
  const theirs = body.subarray(21, 21 + body[20]);
  const sealed = body.subarray(21 + body[20]);
  const hkdf = (secret, seasoning, info, length) => Buffer.from(hkdfSync('sha256', secret, seasoning, info, length));
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), own.getPublicKey(), theirs]);
  const agreed = hkdf(own.computeSecret(theirs), auth, info, 32);
  const key = hkdf(agreed, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = hkdf(agreed, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
  const open = createDecipheriv('aes-128-gcm', key, nonce);
  open.setAuthTag(sealed.subarray(-16));
  const text = Buffer.concat([open.update(sealed.subarray(0, -16)), open.final()]);
  assert.equal(text.at(-1), 2, 'the last record');
  return JSON.parse(text.subarray(0, -1).toString('utf8'));
}

/** RFC 8292: who sends. Tells the key that it is signed by. */
function signed(headers) {
  const [, token, key] = headers.authorization.match(/^vapid t=([\w.-]+), k=([\w-]+)$/);
  const point = Buffer.from(key, 'base64url');
  assert.equal(point.length, 65);
  const jwk = { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') };
  const [head, claims, signature] = token.split('.');
  const known = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };
  assert.ok(verify('sha256', Buffer.from(`${head}.${claims}`), known, Buffer.from(signature, 'base64url')), 'signed');
  const read = (part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  assert.deepEqual(read(head), { typ: 'JWT', alg: 'ES256' });
  const { aud, exp, sub } = read(claims);
  assert.deepEqual([aud, sub], [service.base, 'mailto:push@example.cn']);
  assert.ok(exp > Date.now() / 1000 && exp <= Date.now() / 1000 + 12 * 3600 + 60, `${exp}`);
  return key;
}

/** Lets the browser get its address from the service of the tests. */
async function withService(context, one) {
  await context.addInitScript(({ endpoint, p256dh, secret }) => {
    if (!window.PushManager) return;
    const subscription = {
      endpoint,
      toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh, auth: secret } }),
      unsubscribe: async () => {
        localStorage.removeItem('test-push');
        return true;
      },
    };
    window.PushManager.prototype.getSubscription = async () => (localStorage.getItem('test-push') ? subscription : null);
    window.PushManager.prototype.subscribe = async (options) => {
      if (!options.userVisibleOnly) throw new Error('something must be shown');
      localStorage.setItem('test-push', options.applicationServerKey);
      return subscription;
    };
  }, { endpoint: one.endpoint, p256dh: one.p256dh, secret: one.secret });
}

/** A message to everybody within sight, by text message and push, urgent: at night it would wait for the morning. */
async function write(title) {
  const context = await seat({ storageState: regulator });
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/messages/new');
  await page.fill('#title', title);
  await page.fill('#body', '{姓名}:明日停气检修。\n<b>请提前安排</b> "用气"。');
  await page.getByLabel('范围内全部账号').check();
  await page.getByLabel('浏览器推送', { exact: true }).check();
  await page.getByLabel(/^紧急/).check();
  await Promise.all([page.waitForURL(/checked=1/), page.getByRole('button', { name: '预览收件人与内容' }).click()]);
  await page.getByText('未开启浏览器推送,收不到推送').waitFor();
  await checkPage(page, 'a message with pushes');
  await Promise.all([page.waitForURL(/\/messages\/\d+\?done=sending/), page.getByTestId('send').click()]);
  const address = new URL(page.url()).pathname;
  watched.clean('while a message was written');
  return { context, page, address, id: Number(address.split('/').pop()) };
}

test('without services nobody can turn it on; the administrator names them', async () => {
  const context = await seat({ storageState: reader, permissions: ['notifications'] });
  await withService(context, device('nobody'));
  const watched = await watchedPage(context);
  await go(watched.page, SETTINGS);
  await watched.page.getByTestId('push-not-set').waitFor();
  await watched.page.getByTestId('push-switch').click();
  await watched.page.getByTestId('push-fault').getByText('浏览器推送尚未启用').waitFor();
  await checkPage(watched.page, 'browser push that is not set up');
  watched.clean('while nothing was set');
  await context.close();

  const own = await seat();
  const admin = await watchedPage(own);
  await signIn(admin.page, server, 'system_admin', await password(home, 'system_admin'));
  await enrol(admin.page);
  await go(admin.page, '/platform');
  assert.match(await admin.page.locator('#push-hosts').inputValue(), /^fcm\.googleapis\.com\n/);
  await admin.page.fill('#push-contact', 'push@example.cn');
  await admin.page.fill('#push-hosts', 'http://10.0.0.1');
  await submit(admin.page, 'push_services_save');
  assert.match(admin.page.url(), /why=field/);
  await admin.page.getByTestId('push-odd').getByText('http://10.0.0.1').waitFor();
  assert.equal(await admin.page.locator('#push-hosts').inputValue(), 'http://10.0.0.1', 'nothing typed is lost');
  await checkPage(admin.page, 'a line that is no service');
  await admin.page.fill('#push-contact', 'push@example.cn');
  await admin.page.fill('#push-hosts', `fcm.googleapis.com\n${service.base}`);
  await submit(admin.page, 'push_services_save');
  assert.equal(await admin.page.locator('#push-hosts').inputValue(), `fcm.googleapis.com\n${service.base}`);
  await checkPage(admin.page, 'the services');
  await shot(admin.page, 'platform-laptop');
  admin.clean('while services were named');
  await own.close();
});

test('it is turned on by the keyboard, and the message comes, sealed, signed, and is shown', async () => {
  const one = device('one');
  const context = await seat({ storageState: reader, permissions: ['notifications'] });
  await withService(context, one);
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, SETTINGS);
  await here(page).getByText('此浏览器未开启推送').waitFor();
  await checkPage(page, 'browser push that is off');
  await page.getByTestId('push-switch').focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('push-told').getByText('已开启').waitFor();
  await here(page).getByText('此浏览器已开启推送').waitFor();
  const list = page.getByTestId('push-browsers');
  await list.getByText('本浏览器').waitFor();
  assert.equal(await list.locator('li').count(), 1);
  assert.equal(await page.evaluate(() => document.activeElement?.dataset.testid), 'push-switch', 'the focus stays');
  await checkPage(page, 'browser push that is on');
  await shot(page, 'on-laptop');
  await page.reload({ waitUntil: 'networkidle' });
  await here(page).getByText('此浏览器已开启推送').waitFor();

  const sent = await write('停气通知 <i>x</i>');
  await eventually('the service has it', () => service.got.length > 0, { timeoutMs: 20_000 });
  assert.equal(service.got.length, 1, 'one browser, one message');
  const [got] = service.got;
  assert.equal(got.path, '/one');
  const key = signed(got.headers);
  assert.equal(await page.evaluate(() => localStorage.getItem('test-push')), key, 'the key that the browser asked with');
  const { topic, ttl, urgency } = got.headers;
  assert.deepEqual([got.headers['content-encoding'], ttl, urgency], ['aes128gcm', '86400', 'high']);
  assert.match(topic, /^[\w-]{32}$/);
  assert.ok(!got.body.includes('停气') && !got.body.includes('inbox'), 'the service reads nothing');
  const told = opened(one, got.body);
  assert.deepEqual([told.title, told.link], ['停气通知 <i>x</i>', `/inbox/${sent.id}`]);
  assert.match(told.body, /^[^{}]+:明日停气检修。\n<b>请提前安排<\/b> "用气"。$/);
  await eventually('the page of the message tells it', async () => {
    await go(sent.page, `${sent.address}?standing=unread&size=100`);
    return (await sent.page.locator('.sendings li', { hasText: '浏览器推送' }).filter({ hasText: '已发送' }).count()) === 1;
  });
  await sent.context.close();

  // The browser is given what came, as its own service would do it.
  const devtools = await context.newCDPSession(page);
  const registered = new Promise((resolve) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const own = registrations.find((r) => !r.isDeleted && r.scopeURL === `${server.base}/`);
      if (own) resolve(own.registrationId);
    });
  });
  await devtools.send('ServiceWorker.enable');
  const registrationId = await registered;
  const push = (data) => devtools.send('ServiceWorker.deliverPushMessage', { origin: server.base, registrationId, data });
  const shown = () => page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    const all = await registration.getNotifications();
    return all.map((n) => ({ title: n.title, body: n.body, tag: n.tag, lang: n.lang, link: n.data.link }));
  });
  await push(JSON.stringify(told));
  await eventually('it is shown', async () => (await shown()).length === 1);
  assert.deepEqual(await shown(), [{
    title: told.title, body: told.body, tag: told.key, lang: 'zh-CN', link: `${server.base}/inbox/${sent.id}`,
  }]);
  // Once more, after a crash of the server: it takes the place of the first.
  await push(JSON.stringify(told));
  await push(JSON.stringify({ ...told, key: 'other', link: 'https://evil.example/x' }));
  await push(JSON.stringify({ ...told, key: 'third', link: '//evil.example/x' }));
  await push(JSON.stringify({ ...told, key: 'fourth', link: '/\\evil.example' }));
  await push(JSON.stringify({ key: 7, title: { a: 1 }, body: null, link: ['javascript:alert(1)'] }));
  await push('no JSON at all');
  await eventually('all are shown', async () => (await shown()).length === 5);
  const links = (await shown()).map((n) => n.link);
  assert.deepEqual([...new Set(links)].sort(), [`${server.base}/inbox`, `${server.base}/inbox/${sent.id}`], 'no link leads elsewhere');

  // What a click does: a window that shows it comes to the front, otherwise one is opened; nobody's page is left for it.
  const [worker] = context.serviceWorkers();
  const clicked = (tag) => worker.evaluate(async (wanted) => {
    const notification = (await self.registration.getNotifications()).find((n) => n.tag === wanted);
    const event = new NotificationEvent('notificationclick', { notification });
    let work;
    let led = '';
    // Neither can be had without a person's own click.
    Object.defineProperty(event, 'waitUntil', { value: (promise) => { work = promise; } });
    const { openWindow } = self.clients;
    self.clients.openWindow = async (to) => { led = to; };
    self.dispatchEvent(event);
    await work;
    self.clients.openWindow = openWindow;
    return led;
  }, tag);
  assert.equal(await clicked(told.key), `${server.base}/inbox/${sent.id}`);
  assert.equal(await clicked('other'), `${server.base}/inbox`);
  await go(page, `/inbox/${sent.id}`);
  await page.getByTestId('letter').waitFor();
  watched.clean('while messages were pushed');

  await go(page, SETTINGS);
  await here(page).getByText('此浏览器已开启推送').waitFor();
  await page.getByTestId('push-switch').click();
  await page.getByTestId('push-told').getByText('已关闭').waitFor();
  await here(page).getByText('此浏览器未开启推送').waitFor();
  await page.getByText('没有开启推送的浏览器').waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem('test-push')), null);
  watched.clean('while it was turned off');
  await context.close();
});

test('what the server does not take is told; a browser that cannot is told so; without a script it can be removed', async () => {
  const evil = { ...device('evil'), endpoint: 'https://evil.example/x' };
  const bad = await seat({ storageState: reader, permissions: ['notifications'] });
  await withService(bad, evil);
  const refused = await watchedPage(bad);
  await go(refused.page, SETTINGS);
  await here(refused.page).getByText('此浏览器未开启推送').waitFor();
  // The refusal itself is no fault.
  await refused.outage(async () => {
    await refused.page.getByTestId('push-switch').click();
    await refused.page.getByTestId('push-fault').getByText('不在允许名单中').waitFor();
  });
  assert.equal(await refused.page.evaluate(() => localStorage.getItem('test-push')), null, 'its address is given up');
  await bad.close();

  const old = await seat({ storageState: reader });
  await old.addInitScript(() => { delete window.PushManager; });
  const without = await watchedPage(old);
  await go(without.page, SETTINGS);
  await here(without.page).getByText('此浏览器不支持推送').waitFor();
  assert.equal(await without.page.getByTestId('push-switch').isVisible(), false);
  await checkPage(without.page, 'a browser that shows no pushes');
  await old.close();

  const closed = await seat({ storageState: reader });
  await closed.addInitScript(() => { Object.defineProperty(Notification, 'permission', { get: () => 'denied' }); });
  const forbidden = await watchedPage(closed);
  await go(forbidden.page, SETTINGS);
  await here(forbidden.page).getByText('此浏览器已禁止本站发送通知').waitFor();
  await checkPage(forbidden.page, 'a browser that forbids it');
  await closed.close();

  const on = await seat({ storageState: reader, permissions: ['notifications'], viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  await withService(on, device('two'));
  const { page, clean } = await watchedPage(on);
  await go(page, `${SETTINGS}?lang=en`);
  await here(page).getByText('This browser shows no messages').waitFor();
  await page.getByTestId('push-switch').click();
  await page.getByTestId('push-browsers').getByText('This one').waitFor();
  await checkPage(page, 'browser push on a phone');
  await shot(page, 'on-phone-dark-en');
  clean('on a phone');
  await on.close();
  const plain = await seat({ storageState: reader, javaScriptEnabled: false });
  const bare = await plain.newPage();
  await bare.goto(server.base + SETTINGS);
  await bare.getByTestId('push-browsers').getByRole('button', { name: '移除' }).click();
  await bare.getByText('没有开启推送的浏览器').waitFor();
  await plain.close();
});
