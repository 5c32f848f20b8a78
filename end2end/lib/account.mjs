// The accounts of a demonstration, and how one of them signs in.

import assert from 'node:assert/strict';
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
  const own = await browser.newContext();
  const page = await own.newPage();
  await signIn(page, server, login, await password(home, login));
  assert.ok(!new URL(page.url()).pathname.startsWith('/login'), `${login} did not get in: ${await page.locator('main').innerText()}`);
  const state = await own.storageState();
  await own.close();
  return state;
}
