// A call is entered, called back and becomes a case; a hazard's deadline becomes a task of the enterprise, is handed over, and ends when the hazard is
// closed, while the re-check goes to the authority; what was written stays text.

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
const SCRIPT = '<script>window.__hurt = 1</script><img src=x onerror="window.__hurt = 1">';
let home;
let server;
let browser;
let regulator;
let officer;
let enterprise;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 300, stations: 6, days: 3 });
  server = await product.serve(home);
  browser = await launch();
  regulator = await session(browser, home, server, 'city_regulator');
  officer = await session(browser, home, server, 'complaint_officer');
  enterprise = await session(browser, home, server, 'enterprise_admin');
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

const laptop = (others) => contexts.laptop(browser, others);
const phone = (others) => contexts.phone(browser, others);

const inert = async (page, what) => assert.equal(await page.evaluate(() => window.__hurt), undefined, what);

/** The form of an act of a page whose acts are folded. */
async function act(page, name, fill) {
  const form = page.locator('.acts details', { has: page.locator('summary', { hasText: new RegExp(`^${name}$`) }) });
  await form.locator('summary').click();
  if (fill) await fill(form);
  await Promise.all([page.waitForURL(/done=saved/), form.getByRole('button', { name }).click()]);
  await page.waitForLoadState('networkidle');
}

test('a call is entered without a script, called back, and becomes a case', async () => {
  const plain = await phone({ storageState: officer, javaScriptEnabled: false });
  const entry = await plain.newPage();
  await entry.goto(`${server.base}/calls/new`, { waitUntil: 'networkidle' });
  await entry.locator('[name="values[category]"]').selectOption('report');
  await entry.locator('[name="values[name]"]').fill('张三丰');
  await entry.locator('[name="values[phone]"]').fill('13812341111');
  await entry.locator('[name="values[text]"]').fill(`有人倒卖气瓶 ${SCRIPT}`);
  await Promise.all([entry.waitForURL(/\/calls\/\d+\?done=saved/), entry.getByRole('button', { name: '登记' }).click()]);
  const at = entry.url().split('?')[0];
  await entry.screenshot({ path: path.join(shots, 'call-phone.png'), fullPage: true });
  await plain.close();

  const context = await laptop({ storageState: officer });
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(at, { waitUntil: 'networkidle' });
  await checkPage(page, 'a call');
  const text = await page.locator('main').innerText();
  assert.ok(!text.includes('张三丰') && !text.includes('13812341111'), 'who called is masked');
  await inert(page, 'a call');
  await page.locator('#purpose').fill('核实线索');
  await page.getByRole('button', { name: '查看完整信息' }).click();
  await page.getByText('13812341111').waitFor();
  const soon = await page.evaluate(() => {
    const then = new Date(Date.now() + 2 * 3_600_000);
    return new Date(then.getTime() - then.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  });
  await act(page, '约定回电', (form) => form.locator('[name="values[callback]"]').fill(soon));
  await page.getByText('待回电').first().waitFor();
  await act(page, '已回电', (form) => form.locator('textarea').fill('已说明处理办法'));
  await page.goto(`${server.base}/calls`, { waitUntil: 'networkidle' });
  await checkPage(page, 'the list of calls');
  assert.ok(!(await page.locator('main').innerText()).includes('13812341111'));
  await page.screenshot({ path: path.join(shots, 'calls-laptop.png'), fullPage: true });
  await inert(page, 'the list of calls');
  await page.goto(at, { waitUntil: 'networkidle' });
  const form = page.locator('.acts details', { has: page.locator('summary', { hasText: /^转为案件$/ }) });
  await form.locator('summary').click();
  await form.locator('[name="values[title]"]').fill(`倒卖气瓶 ${SCRIPT}`.slice(0, 60));
  await Promise.all([page.waitForURL(/\/cases\/\d+\?/), form.getByRole('button', { name: '转为案件' }).click()]);
  await page.waitForLoadState('networkidle');
  await page.getByRole('link', { name: '来电记录' }).first().waitFor();
  assert.match(await page.locator('main').innerText(), /电话/);
  await inert(page, 'the case');
  await page.goto(at, { waitUntil: 'networkidle' });
  await page.getByRole('link', { name: '查看案件' }).waitFor();
  assert.equal(await page.locator('summary', { hasText: /^转为案件$/ }).count(), 0, 'it becomes a case once');
  watched.clean('while a call was dealt with');
  await context.close();
});

test('a deadline becomes a task, is handed over, and ends with the hazard', async () => {
  const authority = await laptop({ storageState: regulator });
  const page = await authority.newPage();
  // The organisation of the enterprise's account: the only one that it can choose.
  const own = await laptop({ storageState: enterprise });
  const mine = await own.newPage();
  await mine.goto(`${server.base}/orgs`, { waitUntil: 'networkidle' });
  const org = (await mine.locator('[data-testid=rows] a.row-link').first().getAttribute('href')).match(/\/orgs\/(\d+)/)[1];
  await page.goto(`${server.base}/hazards/new`, { waitUntil: 'networkidle' });
  for (const select of await page.locator('form select[required]').all()) {
    const value = await select.locator('option').nth(1).getAttribute('value');
    await select.selectOption(value);
  }
  await page.locator('[name="values[org]"]').selectOption(org);
  await page.locator('[name="values[place]"]').fill(`库区 ${SCRIPT}`.slice(0, 60));
  const day = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
  await page.locator('[name="values[at]"]').fill(`${day}T08:00`);
  await page.locator('[name="values[brief]"]').fill('消防器材过期');
  await Promise.all([page.waitForURL(/\/hazards\/\d+/), page.getByRole('button', { name: '登记' }).click()]);
  const hazard = page.url().split('?')[0];
  await page.goto(hazard, { waitUntil: 'networkidle' });
  await page.locator('#note').fill('限期整改');
  const due = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
  await page.locator('#due').fill(due);
  await Promise.all([page.waitForURL(/done=saved/), page.locator('button[value=demand]').click()]);

  const watched = await watchedPage(own);
  const task = watched.page;
  const found = async (p, address, kind) => {
    for (let n = 0; n < 30; n += 1) {
      await p.goto(server.base + address, { waitUntil: 'networkidle' });
      const row = p.locator('[data-testid=rows] tr', { hasText: kind });
      if (await row.count()) return row.first();
      await p.waitForTimeout(1_000);
    }
    throw new Error(`${kind} never came up at ${address}`);
  };
  const row = await found(task, '/tasks', '隐患限期整改');
  await checkPage(task, 'the inbox of tasks');
  await inert(task, 'the inbox of tasks');
  await task.screenshot({ path: path.join(shots, 'tasks-laptop.png'), fullPage: true });
  await row.locator('a.row-link').click();
  await task.waitForURL(/\/tasks\/\d+$/);
  await task.waitForLoadState('networkidle');
  await checkPage(task, 'a task');
  const at = task.url();
  assert.equal(await task.locator('summary', { hasText: /^关闭$/ }).count(), 0, 'an enterprise closes nothing');
  await act(task, '转交', async (form) => {
    await form.locator('select').selectOption({ index: 2 });
    await form.locator('textarea').fill(`请你办 ${SCRIPT}`);
  });
  await task.getByTestId('steps').getByText('转交').waitFor();
  await inert(task, 'a task');
  await task.goto(`${server.base}/`, { waitUntil: 'networkidle' });
  await task.getByTestId('tasks-waiting').waitFor();
  await task.goto(`${server.base}/tasks/settings`, { waitUntil: 'networkidle' });
  await checkPage(task, 'when somebody is told');
  await task.locator('#from').fill('21:30');
  await task.locator('#to').fill('07:00');
  await Promise.all([task.waitForURL(/done=saved/), task.getByRole('button', { name: '保存' }).click()]);
  assert.equal(await task.locator('#from').inputValue(), '21:30');

  for (const step of ['rectify', 'close']) {
    await page.goto(hazard, { waitUntil: 'networkidle' });
    await page.locator('#note').fill('已完成');
    await Promise.all([page.waitForURL(/done=saved/), page.locator(`button[value=${step}]`).click()]);
    if (step === 'rectify') await found(page, '/tasks?view=all', '整改复查');
  }
  for (let n = 0; n < 30; n += 1) {
    await task.goto(at, { waitUntil: 'networkidle' });
    if (await task.getByText('已完成').count()) break;
    await task.waitForTimeout(1_000);
  }
  await task.getByText('已完成').first().waitFor();
  watched.clean('while a task was done');
  await own.close();
  await authority.close();
});

test('tasks can be read: on a phone, in the dark, in English', async () => {
  for (const [name, options, address] of [
    ['phone', { viewport: { width: 390, height: 844 } }, '/tasks?view=all'],
    ['phone-dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }, '/tasks?view=all'],
    ['laptop-dark-en', { colorScheme: 'dark' }, '/tasks?view=all&lang=en'],
    ['calls-phone', { viewport: { width: 390, height: 844 } }, '/calls'],
    ['calls-new-phone-dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }, '/calls/new'],
    ['settings-phone', { viewport: { width: 390, height: 844 } }, '/tasks/settings'],
  ]) {
    const context = await laptop({ storageState: address.startsWith('/calls') ? officer : regulator, ...options });
    const watched = await watchedPage(context);
    await watched.page.goto(server.base + address, { waitUntil: 'networkidle' });
    await checkPage(watched.page, name);
    await watched.page.screenshot({ path: path.join(shots, `tasks-${name}.png`), fullPage: true });
    watched.clean(name);
    await context.close();
  }
});
