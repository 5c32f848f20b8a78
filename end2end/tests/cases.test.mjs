// A citizen scans a cylinder, reports it with a picture and follows the case to its answer; the officer handles it; an enterprise reads its
// rating, appeals, and a regulator closes what was entered: pictures of every page, laptop and phone, light and dark.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import * as contexts from '../lib/browser.mjs';
import { launch, watchedPage } from '../lib/browser.mjs';
import { checkPage } from '../lib/page.mjs';
import { session } from '../lib/account.mjs';
import { photo } from '../lib/files.mjs';

const shots = path.join(product.root, 'end2end/shots');
let home;
let server;
let browser;
let officer;
let regulator;
let enterprise;
let tag;
let number;
let code;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 300, stations: 6, days: 3 });
  server = await product.serve(home);
  browser = await launch();
  regulator = await session(browser, home, server, 'city_regulator');
  officer = await session(browser, home, server, 'complaint_officer');
  enterprise = await session(browser, home, server, 'enterprise_admin');
  const context = await browser.newContext({ storageState: regulator });
  const page = await context.newPage();
  await page.goto(`${server.base}/cylinders?custody=8`, { waitUntil: 'networkidle' });
  tag = await page.locator('[data-testid=rows] a.row-link').first().innerText();
  await context.close();
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

const phone = (others) => contexts.phone(browser, others);
const laptop = (others) => contexts.laptop(browser, others);

test('a citizen scans, reports with a picture, without a script', async () => {
  const context = await phone({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.base}/q/${tag}`, { waitUntil: 'networkidle' });
  await page.getByRole('link', { name: '这不是这只瓶' }).click();
  await page.getByRole('heading', { name: '举报' }).waitFor();
  assert.equal(await page.getByLabel('瓶身二维码').count() + await page.locator('#tag').count(), 1);
  assert.equal(await page.locator('#tag').inputValue(), tag);
  await page.getByRole('button', { name: '提交' }).click();
  await page.locator('#text').fill('瓶身钢印与查询结果不一致 <script>alert(1)</script>');
  await page.getByLabel('匿名').check();
  await page.setInputFiles('#photo', await photo(browser, '../现场照片.jpg', '钢瓶照片'));
  await page.getByRole('button', { name: '提交' }).click();
  await page.getByRole('heading', { name: '已收到' }).waitFor();
  number = await page.getByTestId('number').innerText();
  code = await page.getByTestId('code').innerText();
  assert.match(number, /^JB\d{8}-\d{6}$/);
  await page.screenshot({ path: path.join(shots, 'case-entered-phone.png'), fullPage: true });
  await page.getByRole('button', { name: '查看办理进度' }).click();
  await page.getByText('待处理').waitFor();
  assert.equal(await page.locator('.photos img').count(), 1);
  await context.close();
});

test('the public pages can be read: by axe, in large type, in English, on a narrow phone, in the dark', async () => {
  for (const [name, options, address] of [
    ['choose-phone', {}, '/complain'],
    ['choose-laptop-dark', { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' }, '/complain'],
    ['complaint-phone', {}, '/complain?track=complaint'],
    ['complaint-phone-big', {}, '/complain?track=complaint&big=1'],
    ['report-phone-dark', { colorScheme: 'dark' }, `/complain?track=report&tag=${tag}`],
    ['repair-narrow-en', { viewport: { width: 320, height: 640 } }, '/complain?track=repair&lang=en'],
    ['suggestion-laptop', { viewport: { width: 1440, height: 900 } }, '/complain?track=suggestion'],
    ['ask-phone', {}, '/case'],
    ['rating-phone', {}, '/rating?q=%E6%B0%94'],
    ['rating-laptop-dark', { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' }, '/rating?q=%E6%B0%94'],
  ]) {
    const context = await phone(options);
    const watched = await watchedPage(context);
    await watched.page.goto(server.base + address, { waitUntil: 'networkidle' });
    await checkPage(watched.page, name, 4);
    await watched.page.screenshot({ path: path.join(shots, `case-${name}.png`), fullPage: true });
    watched.clean(name);
    await context.close();
  }
});

test('the officer finds it, decides, answers and closes it', async () => {
  const context = await laptop({ storageState: officer });
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${server.base}/cases`, { waitUntil: 'networkidle' });
  await checkPage(page, 'the list of cases');
  await page.screenshot({ path: path.join(shots, 'cases-laptop.png'), fullPage: true });
  await page.locator('[data-testid=rows] a.row-link', { hasText: number }).click();
  await page.waitForURL(/\/cases\/\d+$/);
  await page.getByRole('heading', { name: '法定期限' }).waitFor();
  await checkPage(page, 'a case');
  const width = await page.locator('.pictures img').first().evaluate((i) => i.decode().then(() => i.naturalWidth));
  assert.ok(width > 0, 'the picture is shown');
  await page.screenshot({ path: path.join(shots, 'case-laptop.png'), fullPage: true });
  const at = page.url();
  for (const [act, note] of [['立案', ''], ['答复公众', '已责令该站召回此瓶并立案调查。'], ['办结', '']]) {
    const form = page.locator('.case-acts details', { has: page.locator('summary', { hasText: new RegExp(`^${act}$`) }) });
    await form.locator('summary').click();
    if (note) await form.locator('textarea').fill(note);
    await Promise.all([page.waitForURL(/done=saved/), form.getByRole('button', { name: act }).click()]);
    await page.goto(at, { waitUntil: 'networkidle' });
  }
  await page.getByTestId('steps').getByText('已责令该站召回此瓶').waitFor();
  await page.goto(`${at}/documents/register_report`, { waitUntil: 'networkidle' });
  await checkPage(page, 'a document');
  await page.screenshot({ path: path.join(shots, 'case-document-laptop.png'), fullPage: true });
  for (const [name, address] of [['new', '/cases/new'], ['evaluation', '/evaluation']]) {
    await page.goto(server.base + address, { waitUntil: 'networkidle' });
    await checkPage(page, name);
    await page.screenshot({ path: path.join(shots, `cases-${name}-laptop.png`), fullPage: true });
  }
  watched.clean('while the officer worked');
  await context.close();
});

test('the citizen reads the answer and rates it', async () => {
  const context = await phone();
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${server.base}/case`, { waitUntil: 'networkidle' });
  await page.getByLabel('编号').fill(number);
  await page.getByLabel('查询码').fill(code.toLowerCase());
  await page.getByRole('button', { name: '查询' }).click();
  await page.getByText('已责令该站召回此瓶').waitFor();
  await checkPage(page, 'a case that was followed', 5);
  await page.screenshot({ path: path.join(shots, 'case-followed-phone.png'), fullPage: true });
  await page.getByLabel('非常满意', { exact: true }).check();
  await page.getByRole('button', { name: '提交评价' }).click();
  await page.getByText('您的评价').waitFor();
  watched.clean('while the citizen read');
  await context.close();
});

test('an enterprise reads why it has its grade, appeals, and what was entered is closed', async () => {
  const own = await laptop({ storageState: enterprise });
  const watched = await watchedPage(own);
  const { page } = watched;
  await page.goto(`${server.base}/credit`, { waitUntil: 'networkidle' });
  await page.locator('[data-testid=rows] a.row-link').first().click();
  await page.waitForURL(/\/credit\/\d+$/);
  const org = page.url().split('/').pop();
  const office = await laptop({ storageState: regulator });
  const desk = (await watchedPage(office)).page;
  for (const [n, item] of [[1, 0], [2, 1], [3, 2]]) {
    await desk.goto(`${server.base}/credit/new?org=${org}`, { waitUntil: 'networkidle' });
    const items = await desk.locator('#f-item option').evaluateAll((all) => all.map((o) => o.value).filter(Boolean));
    await desk.selectOption('#f-org', org);
    await desk.selectOption('#f-item', items[item % items.length]);
    await desk.fill('#f-day', new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10));
    await desk.fill('#f-document', `郑市监处罚〔2026〕${n} 号`);
    await desk.fill('#f-note', `第 ${n} 次处罚`);
    await desk.getByRole('button', { name: '登记' }).click();
    await desk.waitForURL(/done=saved/, { timeout: 15_000 }).catch(async (e) => {
      throw new Error(`${e.message}\n${desk.url()}\n${await desk.locator('main').innerText()}`);
    });
  }
  await checkPage(desk, 'a rating as the regulator sees it');
  await desk.screenshot({ path: path.join(shots, 'credit-regulator-laptop.png'), fullPage: true });
  await page.reload({ waitUntil: 'networkidle' });
  await page.getByRole('heading', { name: '怎样提高等级' }).waitFor();
  await checkPage(page, 'a rating');
  await page.screenshot({ path: path.join(shots, 'credit-laptop.png'), fullPage: true });
  const before = await page.locator('.detail .badge').first().innerText();
  await page.getByTestId('points').getByRole('link', { name: '申诉', exact: true }).first().click();
  await page.waitForURL(/\/credit\/appeal\?point=/);
  await page.fill('#f-grounds', '处罚对象有误 <script>alert(1)</script>');
  await page.fill('#f-evidence', '充装记录 12345');
  await page.setInputFiles('#f-file', await photo(browser, '../现场照片.jpg', '钢瓶照片'));
  await page.getByRole('button', { name: '提交申诉' }).click();
  await page.waitForURL(/\/credit\/appeals\/\d+\?done=saved/);
  await page.getByTestId('files').getByText('现场照片.jpg').waitFor();
  await checkPage(page, 'an appeal');
  await page.screenshot({ path: path.join(shots, 'credit-appeal-laptop.png'), fullPage: true });
  const appeal = page.url().split('?')[0];
  await desk.goto(appeal, { waitUntil: 'networkidle' });
  // Who entered the point does not decide on the appeal against it, and is told so.
  await desk.fill('#note', '经核实成立');
  await Promise.all([desk.waitForURL(/why=own/), desk.getByRole('button', { name: '认定成立', exact: true }).click()]);
  assert.equal(await desk.locator('#note').inputValue(), '经核实成立');
  for (let n = 0; n < 2; n += 1) {
    await desk.goto(`${server.base}/credit/${org}`, { waitUntil: 'networkidle' });
    const row = desk.locator('[data-testid=points] details').first();
    await row.locator('summary').click();
    await row.locator('input[type=text]').fill('已整改');
    await Promise.all([desk.waitForURL(/done=saved/), row.getByRole('button', { name: '确认整改' }).click()]);
  }
  await page.goto(`${server.base}/credit/${org}`, { waitUntil: 'networkidle' });
  const after = await page.locator('.detail .badge').first().innerText();
  const scores = await page.locator('.detail .badge').nth(1).innerText();
  assert.ok(after <= before, `${before} became ${after}, ${scores}`);
  for (const [name, address] of [['appeals', '/credit/appeals'], ['entries', '/credit/entries'], ['list', '/credit']]) {
    await desk.goto(server.base + address, { waitUntil: 'networkidle' });
    await checkPage(desk, name);
    await desk.screenshot({ path: path.join(shots, `credit-${name}-laptop.png`), fullPage: true });
  }
  watched.clean('while the enterprise read');
  await own.close();
  await office.close();
});

test('the pages of the office fit a phone, in the dark', async () => {
  const context = await phone({ storageState: regulator, colorScheme: 'dark' });
  const watched = await watchedPage(context);
  const { page } = watched;
  for (const [name, address] of [
    ['cases', '/cases'], ['case', '/cases/1'], ['evaluation', '/evaluation'], ['credit', '/credit'], ['credit-appeals', '/credit/appeals'],
    ['calendar', '/calendar'], ['calendar-2027', '/calendar?year=2027'],
  ]) {
    await page.goto(server.base + address, { waitUntil: 'networkidle' });
    await checkPage(page, name);
    await page.screenshot({ path: path.join(shots, `office-${name}-phone-dark.png`), fullPage: true });
  }
  await page.goto(`${server.base}/credit`, { waitUntil: 'networkidle' });
  await page.locator('[data-testid=rows] a.row-link').first().click();
  await page.waitForURL(/\/credit\/\d+$/);
  await page.getByRole('heading', { name: '扣分明细' }).waitFor();
  await checkPage(page, 'a rating on a phone');
  await page.screenshot({ path: path.join(shots, 'office-credit-one-phone-dark.png'), fullPage: true });
  watched.clean('on a phone');
  await context.close();
});

test('a table of a platform is imported without a script, mended, and who brought a case is shown once', async () => {
  const context = await laptop({ storageState: officer, javaScriptEnabled: false });
  const page = await context.newPage();
  const table = '工单编号,类型,姓名,联系电话,标题,内容\nE1,投诉,张三丰,13812341111,缺斤短两,少了两公斤\nE2,投诉,李四,12,黑气点,<script>alert(1)</script>\n';
  for (const [news, known] of [[1, 0], [0, 1]]) {
    await page.goto(`${server.base}/cases/import`, { waitUntil: 'networkidle' });
    await page.selectOption('#channel', '12345');
    await page.fill('#text', table);
    await page.getByRole('button', { name: '导入', exact: true }).click();
    await page.getByTestId('imported').getByText(`新登记 ${news} 件,已有 ${known} 件`).waitFor();
  }
  assert.equal(await page.getByTestId('aside').locator('> li').count(), 1);
  await page.screenshot({ path: path.join(shots, 'cases-import-laptop.png'), fullPage: true });
  const row = page.getByTestId('aside').locator('> li').first();
  const text = await row.locator('textarea').inputValue();
  await row.locator('textarea').fill(text.replace(',12,', ',13812342222,'));
  await row.getByRole('button', { name: '重新导入' }).click();
  await page.getByText('没有待修正的行').waitFor();
  await page.goto(`${server.base}/cases?q=E1`, { waitUntil: 'networkidle' });
  await page.locator('[data-testid=rows] a.row-link').first().click();
  await page.getByText('张**').waitFor();
  await page.fill('#purpose', '回访当事人');
  await page.getByRole('button', { name: '查看完整信息' }).click();
  await page.getByText('张三丰').waitFor();
  await page.screenshot({ path: path.join(shots, 'case-unmasked-laptop.png'), fullPage: true });
  await page.reload({ waitUntil: 'networkidle' });
  assert.equal(await page.getByText('张三丰').count(), 0, 'once is once');
  await context.close();
});

test('a year of the calendar is looked at and put', async () => {
  const context = await laptop({ storageState: regulator });
  const watched = await watchedPage(context);
  const { page } = watched;
  await page.goto(`${server.base}/calendar?year=2027`, { waitUntil: 'networkidle' });
  await checkPage(page, 'the calendar');
  await page.screenshot({ path: path.join(shots, 'calendar-laptop.png'), fullPage: true });
  const text = await page.locator('#calendar-text').inputValue();
  await page.fill('#calendar-text', '2027 announced\n');
  await page.getByRole('button', { name: '预览变动' }).click();
  await page.getByTestId('faults').getByText('第 1 行').waitFor();
  assert.equal((await page.locator('#calendar-text').inputValue()).trim(), '2027 announced');
  await page.fill('#calendar-text', text.replace('2027 provisional', '2027 confirmed').replace(/2027-01-31.*\n/, ''));
  await page.getByRole('button', { name: '预览变动' }).click();
  await page.getByTestId('changes').getByText('2027-01-31').waitFor();
  await checkPage(page, 'what a calendar would change');
  await page.screenshot({ path: path.join(shots, 'calendar-preview-laptop.png'), fullPage: true });
  await Promise.all([page.waitForURL(/done=saved/), page.getByRole('button', { name: '确认导入' }).click()]);
  await page.getByTestId('moved').waitFor();
  watched.clean('while the calendar was put');
  await context.close();
});
