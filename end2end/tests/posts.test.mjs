// An editor writes a post with a picture, a video and a download, looks at it as a phone and as the wall show it, and submits it; somebody else
// accepts it for a time, and it is published. A second editor writes at the same time: nothing is lost. What is hostile stays words.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import * as contexts from '../lib/browser.mjs';
import { launch, watchedPage } from '../lib/browser.mjs';
import { checkPage } from '../lib/page.mjs';
import { session, signIn } from '../lib/account.mjs';
import { pdf, photo } from '../lib/files.mjs';

const shots = path.join(product.root, 'end2end/shots');
const SECOND = 'An-Editor-2026!';
let home;
let server;
let browser;
let editor;
let second;
let reviewer;
let id;

before(async () => {
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 100, stations: 3, days: 1 });
  const made = await product.pingji(home, [
    'account', 'create', '--login', 'second-editor', '--name', '李编辑', '--role', 'publicity_editor', '--scope', 'city',
  ]);
  const first = made.stdout.trim().split('\t').pop();
  server = await product.serve(home);
  browser = await launch();
  editor = await session(browser, home, server, 'publicity_editor');
  reviewer = await session(browser, home, server, 'publicity_reviewer');
  // The second editor chooses a password first.
  const own = await browser.newContext({ locale: 'zh-CN' });
  const page = await own.newPage();
  await signIn(page, server, 'second-editor', first);
  await page.fill('[name=current]', first);
  await page.fill('[name=new]', SECOND);
  await page.fill('[name=again]', SECOND);
  await Promise.all([page.waitForURL(/done=password/), page.locator('form[action*=password_change] button').click()]);
  second = await own.storageState();
  await own.close();
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

const laptop = (storageState, others) => contexts.laptop(browser, { storageState, ...others });
const phone = (storageState, others) => contexts.phone(browser, { storageState, ...others });
const go = (page, where) => page.goto(server.base + where, { waitUntil: 'networkidle' });

/** A film as small as one can be: whole by its boxes, with nothing to be seen. */
function film() {
  const box = (kind, ...parts) => {
    const body = Buffer.concat(parts);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(body.length + 8);
    head.write(kind, 4, 'latin1');
    return Buffer.concat([head, body]);
  };
  const numbers = (length, ...all) => {
    const out = Buffer.alloc(length);
    for (const [at, n] of all) out.writeUInt32BE(n, at);
    return out;
  };
  const handler = Buffer.alloc(24);
  handler.write('vide', 8, 'latin1');
  const coding = Buffer.alloc(36);
  coding.write('avc1', 12, 'latin1');
  const media = box('mdia', box('hdlr', handler), box('minf', box('stbl', box('stsd', coding))));
  const track = box('trak', box('tkhd', numbers(84, [76, 640 << 16], [80, 360 << 16])), media);
  const movie = box('moov', box('mvhd', numbers(100, [12, 1000], [16, 12000])), track);
  return Buffer.concat([box('ftyp', Buffer.from('isom\0\0\0\0mp42', 'latin1')), movie, box('mdat', Buffer.alloc(100, 7))]);
}

const state = (page, word) => page.locator(`[data-desk=state][data-state=${word}]`).waitFor({ timeout: 20_000 });

/** Pastes HTML, as Word puts it on the clipboard. */
const paste = (page, html) => page.locator('#surface').evaluate((surface, text) => {
  const data = new DataTransfer();
  data.setData('text/html', text);
  data.setData('text/plain', 'plain');
  surface.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
}, html);

/** What was uploaded is told. */
const uploaded = (page) => page.locator('[data-desk=progress]', { hasText: '已上传' }).waitFor();

test('an editor writes with a picture, a video and a download', async () => {
  const context = await laptop(editor);
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/posts/new');
  await checkPage(page, 'a new post', 5);
  await page.fill('#f-title', '冬季用气安全');
  await page.selectOption('#f-category', 'safety');
  await Promise.all([page.waitForURL(/\/posts\/\d+\/edit/), page.getByRole('button', { name: '开始编辑' }).click()]);
  id = Number(page.url().match(/posts\/(\d+)/)[1]);
  await page.locator('.post-desk.live').waitFor();
  const surface = page.locator('#surface');
  await surface.click();
  await page.keyboard.type('冬季门窗紧闭,用气时请保持通风。');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '二级标题' }).click();
  await page.keyboard.type('检查软管');
  await page.keyboard.press('Enter');
  await paste(page, '<html><head><style>p{color:red}</style></head><body><p class=MsoNormal style="mso-x:1" onclick="alert(1)">来自<b>Word</b>的一段<o:p></o:p></p>'
    + '<script>window.hit=1</script><img src=x onerror="window.hit=1"></body></html>');
  await surface.getByText('来自').waitFor();
  assert.equal(await surface.locator('strong, b').first().innerText(), 'Word');
  assert.equal(await surface.locator('script, [onclick], [onerror], [style*=mso]').count(), 0);

  await page.getByRole('button', { name: '上传图片' }).click();
  await page.setInputFiles('[data-desk=picture-file]', await photo(browser, '软管.jpg', '检查软管'));
  await page.locator('canvas[data-desk=crop]:not([hidden])').waitFor();
  await page.selectOption('[data-desk=ratio]', '1:1');
  await page.fill('[data-desk=picture-alt]', '正在检查软管 "><script>alert(1)</script>');
  await page.locator('[data-does=picture-go]').click();
  await uploaded(page);
  const picture = surface.locator('figure img').first();
  await picture.waitFor();
  assert.equal(await picture.getAttribute('width'), await picture.getAttribute('height'), 'it was cropped');

  await page.getByRole('button', { name: '上传视频' }).click();
  await page.setInputFiles('[data-desk=video-file]', { name: '演示.mp4', mimeType: 'video/mp4', buffer: film() });
  await page.setInputFiles('[data-desk=poster-file]', await photo(browser, '封面.jpg', '检查软管'));
  await page.locator('[data-does=video-go]').click();
  await surface.locator('video[poster]').waitFor();

  await page.getByRole('button', { name: '上传供下载的资料' }).click();
  await page.setInputFiles('[data-desk=file-file]', { name: 'setup.pdf', mimeType: 'application/pdf', buffer: Buffer.from('MZ not a document') });
  const refused = watched.faults.length;
  await page.locator('[data-does=file-go]').click();
  await page.locator('.post-progress.failed', { hasText: '不支持这种文件' }).waitFor();
  // That one upload was refused is what was to be seen.
  watched.faults.splice(refused);
  await page.setInputFiles('[data-desk=file-file]', pdf('用气手册.pdf'));
  await page.locator('[data-does=file-go]').click();
  await page.locator('[data-desk=files]', { hasText: '用气手册.pdf' }).waitFor();

  await page.fill('#f-summary', '通风、关阀、查漏');
  await page.fill('#f-tags', '冬季,软管');
  await page.fill('#f-marquee', '请开窗通风');
  await page.check('#f-on_wall');
  await page.selectOption('#f-cover', { label: '软管.jpg' });
  await state(page, 'saved');
  await checkPage(page, 'the editor');
  await page.screenshot({ path: path.join(shots, 'post-edit-laptop.png'), fullPage: true });
  watched.clean('while the editor wrote');
  // The tab is closed with something just typed: it is there when the post is opened again.
  await surface.press('Control+End');
  await page.keyboard.type('最后一句。');
  await page.waitForTimeout(1_200);
  await page.close({ runBeforeUnload: false });
  const again = (await watchedPage(context)).page;
  await go(again, `/posts/${id}/edit`);
  await again.locator('#surface', { hasText: '最后一句' }).waitFor();
  await context.close();
});

test('it is looked at on a phone and on the wall, and submitted', async () => {
  const context = await laptop(editor);
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, `/posts/${id}/preview?as=phone`);
  const shown = page.getByTestId('phone');
  await shown.getByText('检查软管').first().waitFor();
  assert.ok((await shown.boundingBox()).width <= 392);
  const width = await shown.locator('img').first().evaluate((i) => i.decode().then(() => i.naturalWidth));
  assert.ok(width > 0, 'the picture is shown before everybody sees it');
  await checkPage(page, 'a preview on a phone');
  await page.screenshot({ path: path.join(shots, 'post-preview-phone.png'), fullPage: true });
  await go(page, `/posts/${id}/preview?as=wall`);
  assert.match(await page.getByTestId('wall').innerText(), /冬季用气安全[\s\S]*请开窗通风/);
  await checkPage(page, 'a preview on the wall', 5);
  await page.screenshot({ path: path.join(shots, 'post-preview-wall.png'), fullPage: true });
  await go(page, `/posts/${id}`);
  await checkPage(page, 'a post');
  assert.equal(await page.evaluate(() => window.hit), undefined);
  await act(page, '提交审核');
  watched.clean('while it was looked at');
  await context.close();
});

/** Unfolds an act, fills its form in and sends it. */
async function act(page, name, fill = async () => {}) {
  const form = page.locator('.post-acts details', { has: page.locator('summary', { hasText: new RegExp(`^${name}$`) }) });
  if (!(await form.evaluate((d) => d.open))) await form.locator('summary').click();
  await fill(form);
  await Promise.all([page.waitForURL(/done=saved|\/edit/), form.getByRole('button', { name, exact: true }).click()]);
  await page.waitForLoadState('networkidle');
}

test('a second person accepts it for a time, and it is published then', async () => {
  const context = await laptop(reviewer);
  const watched = await watchedPage(context);
  const { page } = watched;
  await go(page, '/posts?state=submitted');
  await checkPage(page, 'the list of posts');
  await page.screenshot({ path: path.join(shots, 'posts-laptop.png'), fullPage: true });
  await page.locator('[data-testid=rows] a.row-link', { hasText: '冬季用气安全' }).click();
  await page.waitForURL(/\/posts\/\d+$/);
  const soon = new Date(Date.now() + 8 * 3_600_000 + 90_000).toISOString().slice(0, 16);
  await act(page, '审核通过', (form) => form.locator('input[type=datetime-local]').fill(soon));
  await page.locator('.badge', { hasText: '待定时发布' }).first().waitFor();
  await page.screenshot({ path: path.join(shots, 'post-scheduled-laptop.png'), fullPage: true });
  const deadline = Date.now() + 150_000;
  for (;;) {
    await page.waitForTimeout(3_000);
    await go(page, `/posts/${id}`);
    if (await page.locator('.detail .title-row .badge', { hasText: '已发布' }).count()) break;
    assert.ok(Date.now() < deadline, 'it was published');
  }
  await checkPage(page, 'a post that is public');
  await page.screenshot({ path: path.join(shots, 'post-laptop.png'), fullPage: true });
  watched.clean('while it was reviewed');
  await context.close();
});

test('two editors at once see each other and lose nothing', async () => {
  const [one, two] = [await laptop(editor), await laptop(second)];
  const [a, b] = [(await watchedPage(one)).page, (await watchedPage(two)).page];
  await go(a, `/posts/${id}`);
  await act(a, '修订');
  await a.locator('.post-desk.live').waitFor();
  await go(b, `/posts/${id}/edit`);
  await b.locator('.post-desk.live').waitFor();
  await a.locator('#surface').press('Control+End');
  await a.keyboard.type('甲写的一句。');
  await state(a, 'saved');
  // The other has not loaded it anew: what she writes is kept aside, and she is told whose text is in the draft.
  await b.locator('#surface').press('Control+End');
  await b.keyboard.type('乙写的一句。');
  await b.locator('[data-desk=notice][data-kind=collision]').waitFor({ timeout: 20_000 });
  await a.locator('.post-here', { hasText: '李编辑' }).waitFor({ timeout: 20_000 });
  await checkPage(b, 'a collision');
  await b.screenshot({ path: path.join(shots, 'post-collision-laptop.png'), fullPage: true });
  await b.keyboard.type('又一句。');
  await b.waitForTimeout(5_000);
  await b.getByRole('link', { name: '比较并处理两份内容' }).click();
  await b.waitForURL(/\/posts\/copies\/\d+/);
  const both = await b.getByTestId('both').innerText();
  assert.match(both, /甲写的一句/);
  assert.match(both, /乙写的一句。又一句/);
  await checkPage(b, 'a text that was kept aside');
  await b.screenshot({ path: path.join(shots, 'post-copy-laptop.png'), fullPage: true });
  await Promise.all([b.waitForURL(/\/edit/), b.getByRole('button', { name: '采用这份文稿' }).click()]);
  await b.locator('#surface', { hasText: '乙写的一句' }).waitFor();
  await go(b, `/posts/${id}/versions/2?against=1`);
  assert.match(await b.getByTestId('differs').innerText(), /乙写的一句/);
  await checkPage(b, 'two versions compared');
  await b.screenshot({ path: path.join(shots, 'post-versions-laptop.png'), fullPage: true });
  await one.close();
  await two.close();
});

test('without a script it is written in a plain form, and what is hostile stays words', async () => {
  const context = await phone(editor, { javaScriptEnabled: false, colorScheme: 'dark' });
  const page = await context.newPage();
  const bad = '"><script>window.hit=1</script><img src=x onerror="window.hit=1">';
  await go(page, '/posts/new');
  await page.fill('#f-title', bad);
  await page.selectOption('#f-category', 'news');
  await page.getByRole('button', { name: '开始编辑' }).click();
  await page.waitForURL(/\/edit/);
  const plain = Number(page.url().match(/posts\/(\d+)/)[1]);
  await page.fill('#f-body', `<p>正文</p>${bad}<svg onload="window.hit=1"></svg><a href="javascript:window.hit=1">x</a></textarea><script>window.hit=1</script>`);
  for (const field of ['summary', 'tags', 'marquee']) await page.fill(`#f-${field}`, bad);
  await page.check('#f-on_wall');
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await page.waitForURL(/done=saved/);
  assert.equal(await page.inputValue('#f-title'), bad);
  await page.screenshot({ path: path.join(shots, 'post-edit-phone-dark-plain.png'), fullPage: true });
  await context.close();

  const scripted = await phone(editor, { colorScheme: 'dark' });
  const watched = await watchedPage(scripted);
  const look = watched.page;
  for (const [name, address] of [
    ['list', '/posts'], ['one', `/posts/${plain}`], ['edit', `/posts/${plain}/edit`], ['version', `/posts/${plain}/versions/1`],
    ['phone', `/posts/${plain}/preview?as=phone`], ['wall', `/posts/${plain}/preview?as=wall`],
    ['told', `/posts/${plain}?why=field&act=return&note=${encodeURIComponent(bad)}&at=${encodeURIComponent(bad)}&slug=${encodeURIComponent(bad)}`],
  ]) {
    await go(look, address);
    assert.equal(await look.evaluate(() => window.hit), undefined, name);
    assert.equal(await look.locator('main script, main [onerror], main [onload], main svg[onload], main a[href^="javascript"]').count(), 0, name);
    await checkPage(look, `hostile, ${name}`, 5);
    await look.screenshot({ path: path.join(shots, `post-${name}-phone-dark.png`), fullPage: true });
  }
  watched.clean('with hostile words');
  await scripted.close();
});
