// A regulator sends a document to sixty stations, sees who signed, reminds the rest and prints the sheet; a message to a district is looked
// over, scheduled, cancelled, sent, read, sent again to the unread and recalled; whatever is typed is shown and never run.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import * as contexts from '../lib/browser.mjs';
import { launch, watchedPage, eventually } from '../lib/browser.mjs';
import { checkPage } from '../lib/page.mjs';
import { session } from '../lib/account.mjs';
import { pdf } from '../lib/files.mjs';

const shots = path.join(product.root, 'end2end/shots');
const SCRIPT = '</textarea><script>window.ran = true</script><img src=x onerror="window.ran = true">';
let home;
let server;
let browser;
let regulator;
let district;
let enterprise;
let paper;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  // Of every four stations two belong together: eighty stations are sixty organisations.
  await product.demo(home, { cylinders: 400, stations: 80, days: 2 });
  server = await product.serve(home);
  browser = await launch();
  regulator = await session(browser, home, server, 'city_regulator');
  district = await session(browser, home, server, 'district_regulator');
  enterprise = await session(browser, home, server, 'enterprise_admin');
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

const laptop = (others) => contexts.laptop(browser, others);
const phone = (others) => contexts.phone(browser, others);
const inert = async (page, where) => assert.equal(await page.evaluate(() => window.ran), undefined, `a script ran on ${where}`);
const shot = (page, name) => page.screenshot({ path: path.join(shots, `messages-${name}.png`), fullPage: true });
const at = (hours) => new Date(Date.now() + (8 + hours) * 3_600_000).toISOString().slice(0, 16);
const day = (days) => new Date(Date.now() + 8 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);

test('a document goes to sixty organisations, with a file', async () => {
  const context = await laptop({ storageState: regulator });
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${server.base}/papers/new`, { waitUntil: 'networkidle' });
  await checkPage(page, 'drawing up a document');
  await page.fill('#title', '关于开展气瓶专项检查的通知');
  await page.fill('#issuer', '市市场监管局');
  await page.fill('#body', `各单位:\n请于期限内自查。${SCRIPT}`);
  await page.fill('#deadline', day(7));
  await page.getByLabel('充装单位', { exact: true }).check();
  await page.getByLabel('要求书面回复').check();
  await page.setInputFiles('#file', pdf('附件一.pdf'));
  // The number is missing: it is told, and neither text nor file nor choice is lost.
  await Promise.all([page.waitForURL(/draft=\d+&checked=1/), page.getByRole('button', { name: '预览公文与收文单位' }).click()]);
  await page.getByTestId('faults').waitFor();
  await inert(page, 'the form');
  assert.match(await page.locator('#body').inputValue(), /请于期限内自查。<\/textarea><script>/);
  await page.getByText('附件一.pdf').waitFor();
  await page.fill('#number', '郑市监〔2026〕12号');
  await shot(page, 'paper-new-laptop');
  await Promise.all([page.waitForURL(/checked=1/), page.getByRole('button', { name: '预览公文与收文单位' }).click()]);
  await page.getByTestId('parties').waitFor();
  assert.equal(await page.getByTestId('parties').locator('li').count(), 60);
  await checkPage(page, 'a document that is looked over');
  await shot(page, 'paper-preview-laptop');
  await Promise.all([page.waitForURL(/\/papers\/\d+\?done=issued/), page.getByTestId('issue').click()]);
  paper = page.url().split('?')[0];
  await inert(page, 'the document');
  await page.getByText('共 60 家:已查看 0,已签收 0,已回复 0').waitFor();
  await checkPage(page, 'a document');
  watched.clean('while a document was issued');
  await context.close();
});

test('a station is told, opens, signs for and answers it on a phone', async () => {
  const context = await phone({ storageState: enterprise });
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${server.base}/me`, { waitUntil: 'networkidle' });
  await eventually('the message that tells of it', async () => {
    await page.goto(`${server.base}/inbox`, { waitUntil: 'networkidle' });
    return (await page.getByTestId('unread').count()) > 0;
  });
  assert.equal(await page.getByTestId('unread-count').innerText(), '1');
  await checkPage(page, 'an inbox on a phone');
  await shot(page, 'inbox-phone');
  await page.getByTestId('unread').getByRole('link').first().click();
  await page.getByTestId('letter').waitFor();
  await eventually('the count goes down', async () => (await page.getByTestId('unread-count').isVisible()) === false);
  await shot(page, 'letter-phone');
  await Promise.all([page.waitForURL(/\/papers\/\d+$/), page.getByRole('link', { name: '去办理' }).click()]);
  await page.getByTestId('sign').waitFor();
  await checkPage(page, 'a document on a phone');
  await shot(page, 'paper-phone');
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByTestId('files').getByRole('link').first().click()]);
  assert.match(file.suggestedFilename(), /\.pdf$/);
  await Promise.all([page.waitForURL(/done=signed/), page.getByTestId('sign').click()]);
  await page.fill('#answer-text', `已自查,无问题。${SCRIPT}`);
  await Promise.all([page.waitForURL(/checked=1/), page.getByRole('button', { name: '预览回复' }).click()]);
  await inert(page, 'the answer that is looked over');
  await Promise.all([page.waitForURL(/done=answered/), page.getByTestId('answer').click()]);
  await checkPage(page, 'a document that was answered');
  await inert(page, 'the answer');
  watched.clean('while a station answered');
  await context.close();
});

test('the regulator sees who signed, reminds the rest, extends, and prints the sheet', async () => {
  const context = await laptop({ storageState: regulator });
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(paper, { waitUntil: 'networkidle' });
  await page.getByText('共 60 家:已查看 1,已签收 1,已回复 1').waitFor();
  await inert(page, 'the receipts');
  await shot(page, 'paper-laptop');
  const fold = (name) => page.locator('.acts details', { has: page.locator('summary', { hasText: name }) });
  await fold('催办未办结的 59 家').locator('summary').click();
  await Promise.all([page.waitForURL(/done=reminded/), page.getByRole('button', { name: '催办', exact: true }).click()]);
  assert.ok((await page.getByTestId('receipts').getByText('已催办').count()) >= 59);
  // Not twice within an hour: told so, and nothing is sent.
  await fold('催办').locator('summary').click();
  await Promise.all([page.waitForURL(/why=stale/), page.getByRole('button', { name: '催办', exact: true }).click()]);
  await fold('延长期限').locator('summary').click();
  await page.fill('#deadline', day(14));
  await Promise.all([page.waitForURL(/done=saved/), page.getByRole('button', { name: '延长期限' }).click()]);
  await page.getByText('还有 14 天').waitFor();
  await page.getByRole('link', { name: '签收单' }).click();
  await page.getByTestId('sheet').waitFor();
  assert.equal(await page.getByTestId('sheet').locator('tbody tr').count(), 60);
  await checkPage(page, 'a receipt sheet');
  await shot(page, 'sheet-laptop');
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('.page-head').isVisible(), false, 'the sheet is printed alone');
  assert.equal(await page.getByRole('button', { name: '打印' }).isVisible(), false);
  const printed = await page.pdf({ path: path.join(shots, 'messages-sheet.pdf'), preferCSSPageSize: true });
  const pages = printed.toString('latin1').match(/\/Type\s*\/Page[^s]/g) ?? [];
  assert.ok(pages.length >= 2 && pages.length <= 5, `sixty rows on ${pages.length} sheets of A4`);
  assert.match(printed.toString('latin1'), /\/MediaBox\s*\[\s*0 0 59[45](\.\d+)? 84[12](\.\d+)?\s*\]/, 'A4');
  watched.clean('while the sheet was printed');
  await context.close();
});

test('a message to a district: looked over, scheduled and cancelled; sent, sent again, recalled', async () => {
  const context = await laptop({ storageState: district });
  const watched = await watchedPage(context);
  const { page } = watched;
  const write = async (title, more) => {
    await page.goto(`${server.base}/messages/new`, { waitUntil: 'networkidle' });
    await page.fill('#title', title);
    await page.fill('#body', `{姓名}({单位}):请核对过检钢瓶 {过检数} 只。${SCRIPT}`);
    await page.getByLabel('范围内全部账号').check();
    await page.getByLabel('短信', { exact: true }).check();
    await more();
    await Promise.all([page.waitForURL(/checked=1/), page.getByRole('button', { name: '预览收件人与内容' }).click()]);
    await page.getByTestId('preview').waitFor();
    await inert(page, 'a message that is looked over');
  };
  await page.goto(`${server.base}/messages/new`, { waitUntil: 'networkidle' });
  await checkPage(page, 'writing a message');
  await shot(page, 'new-laptop');
  await write('计划发送的通知', () => page.fill('#at', at(20)));
  assert.doesNotMatch(await page.getByTestId('preview').innerText(), /\{姓名\}/, 'filled in');
  assert.ok((await page.getByTestId('people').locator('li').count()) > 0);
  await checkPage(page, 'a message that is looked over');
  await shot(page, 'preview-laptop');
  await Promise.all([page.waitForURL(/\/messages\/\d+\?done=sending/), page.getByTestId('send').click()]);
  await page.getByText('待发送', { exact: true }).first().waitFor();
  await page.locator('.acts summary', { hasText: '取消发送' }).click();
  await Promise.all([page.waitForURL(/done=recalled/), page.getByRole('button', { name: '取消发送' }).click()]);

  await write(`立即发送的通知 ${'<b>x</b>'}`, async () => {});
  await Promise.all([page.waitForURL(/\/messages\/\d+\?done=sending/), page.getByTestId('send').click()]);
  const address = page.url().split('?')[0];
  await eventually('it is out', async () => {
    await page.goto(address, { waitUntil: 'networkidle' });
    return (await page.getByText('已发出', { exact: true }).count()) > 0;
  });
  await page.getByText('未登记联系方式').first().waitFor();
  await inert(page, 'the message');
  await checkPage(page, 'a message');
  await shot(page, 'one-laptop');
  await page.goto(`${address}?standing=read`, { waitUntil: 'networkidle' });
  await page.getByText('没有符合条件的收件人').waitFor();
  await page.goto(address, { waitUntil: 'networkidle' });
  await page.locator('.acts summary', { hasText: '重发给未读的' }).click();
  await Promise.all([page.waitForURL(/done=resent/), page.getByRole('button', { name: '重发', exact: true }).click()]);
  await eventually('the second time', async () => {
    await page.goto(address, { waitUntil: 'networkidle' });
    return (await page.getByText('第 2 次发送').count()) > 0;
  });
  const reader = await laptop({ storageState: district });
  const own = (await watchedPage(reader)).page;
  await own.goto(`${server.base}/inbox`, { waitUntil: 'networkidle' });
  await own.getByTestId('unread').getByText('立即发送的通知 <b>x</b>').click();
  await own.getByTestId('letter').waitFor();
  await inert(own, 'a letter');
  await page.locator('.acts summary', { hasText: '撤回' }).click();
  await Promise.all([page.waitForURL(/done=recalled/), page.getByRole('button', { name: '撤回', exact: true }).click()]);
  await own.reload({ waitUntil: 'networkidle' });
  await own.getByText('此消息已被撤回').waitFor();
  await reader.close();
  watched.clean('while messages were sent');
  await context.close();
});

test('a message comes while a page stands open', async () => {
  const waiting = await laptop({ storageState: enterprise });
  const watched = await watchedPage(waiting);
  await watched.page.goto(`${server.base}/`, { waitUntil: 'networkidle' });
  const before = Number((await watched.page.getByTestId('unread-count').textContent()) || 0);
  const context = await laptop({ storageState: regulator });
  const { page } = await watchedPage(context);
  await page.goto(`${server.base}/messages/new`, { waitUntil: 'networkidle' });
  await page.fill('#title', '现场通知');
  await page.fill('#body', '请立即查看。');
  await page.getByLabel('范围内全部账号').check();
  await Promise.all([page.waitForURL(/checked=1/), page.getByRole('button', { name: '预览收件人与内容' }).click()]);
  await Promise.all([page.waitForURL(/done=sending/), page.getByTestId('send').click()]);
  await eventually('the count goes up by itself', async () => (
    Number(await watched.page.getByTestId('unread-count').textContent()) > before
  ));
  watched.clean('while a message came');
  await context.close();
  await waiting.close();
});

test('templates and lists; everything without a script; every page on a phone, in the dark', async () => {
  const plain = await laptop({ storageState: regulator, javaScriptEnabled: false });
  const page = await plain.newPage();
  await page.goto(`${server.base}/messages/templates`, { waitUntil: 'networkidle' });
  await page.fill('#t0-name', '过检提醒 <i>x</i>');
  await page.fill('#t0-title', '过检提醒');
  await page.fill('#t0-body', `{单位}:{密码} ${SCRIPT}`);
  await page.getByRole('button', { name: '保存模板' }).last().click();
  await page.getByText('没有名为「密码」的字段').first().waitFor();
  assert.match(await page.locator('#t0-body').inputValue(), /\{密码\} <\/textarea><script>/, 'nothing is lost');
  await page.fill('#t0-body', `{单位}:请尽快送检。${SCRIPT}`);
  await page.getByRole('button', { name: '保存模板' }).last().click();
  await page.getByText('已保存').waitFor();
  await page.goto(`${server.base}/messages/new`, { waitUntil: 'networkidle' });
  await page.getByRole('button', { name: /套用/ }).click();
  assert.match(await page.locator('#body').inputValue(), /请尽快送检。<\/textarea><script>/);
  await page.getByLabel('有过检钢瓶的全部单位').check();
  await page.getByRole('button', { name: '预览收件人与内容' }).click();
  await page.getByRole('heading', { name: '核对后发送' }).waitFor();
  await plain.close();
  const context = await phone({ storageState: regulator, colorScheme: 'dark' });
  const watched = await watchedPage(context);
  await watched.page.goto(`${server.base}/messages`, { waitUntil: 'networkidle' });
  const sent = await watched.page.locator('[data-testid=rows] a.row-link').first().getAttribute('href');
  for (const [name, address] of [
    ['outbox', '/messages'], ['new', '/messages/new'], ['templates', '/messages/templates'], ['one', sent], ['inbox', '/inbox'],
    ['papers', '/papers'], ['paper-new', '/papers/new'], ['paper', new URL(paper).pathname], ['sheet', `${new URL(paper).pathname}/sheet`],
    ['me', '/me'],
  ]) {
    await watched.page.goto(server.base + address, { waitUntil: 'networkidle' });
    await checkPage(watched.page, `${name} on a phone`);
    await inert(watched.page, name);
    await shot(watched.page, `${name}-phone-dark`);
  }
  watched.clean('on a phone');
  await context.close();
});
