// The accounts of a demonstration, and how one of them signs in.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** The first password of an account of the demonstration. */
export async function password(home, login) {
  const all = JSON.parse(await readFile(path.join(home.dir, 'demo-accounts.json'), 'utf8'));
  const account = all.find((a) => a.login === login);
  assert.ok(account, `no account ${login}; there are: ${all.map((a) => a.login).join(', ')}`);
  return account.password;
}

/** Signs in at the page, as a person does. */
export async function signIn(page, server, login, word) {
  await page.goto(`${server.base}/login`, { waitUntil: 'networkidle' });
  await page.fill('#login', login);
  await page.fill('#password', word);
  await Promise.all([page.waitForNavigation({ waitUntil: 'networkidle' }), page.click('main button[type=submit]')]);
}

/** The cookies of an account that signed in, for contexts made of them. */
export async function session(browser, home, server, login) {
  // Nothing of it needs a script, and without one it is there sooner.
  const own = await browser.newContext({ javaScriptEnabled: false });
  const page = await own.newPage();
  await signIn(page, server, login, await password(home, login));
  assert.ok(!new URL(page.url()).pathname.startsWith('/login'), `${login} did not get in: ${await page.locator('main').innerText()}`);
  const state = await own.storageState();
  await own.close();
  return state;
}

/** RFC 6238, by another hand than the product's. */
export function totp(secret, at = Date.now()) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac('sha1', key).update(step).digest();
  const from = digest[19] & 15;
  return String((digest.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Presses the button of a form, and waits for the page it leads to. */
export async function submit(page, form) {
  await Promise.all([page.waitForNavigation({ waitUntil: 'networkidle' }), page.click(`form[action="/api/fn/${form}"] button`)]);
}

/** Sets up the second factor of an administrator who has just signed in; tells its secret. */
export async function enrol(page) {
  await submit(page, 'factor_begin');
  const secret = await page.locator('#factor ~ p code').innerText();
  await page.fill('#code', totp(secret));
  await submit(page, 'factor_confirm');
  return secret;
}
