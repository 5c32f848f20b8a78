// Every page of the desk, and every page that anybody reads, in four pictures: on a laptop and a phone, light and dark, left in shots/gallery/.
// Each must be whole, with no text cut off, and a page that is not visited here fails.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import * as product from '../lib/server.mjs';
import { context, eventually, freshness, laptop, launch, wallFrame, watchedPage } from '../lib/browser.mjs';
import * as content from '../lib/content.mjs';
import { pictures } from '../lib/gallery.mjs';
import { checkWall } from '../lib/layout.mjs';

const shots = path.join(product.root, 'end2end/shots/gallery');
const LOGINS = {
  regulator: 'city_regulator', officer: 'complaint_officer', enterprise: 'enterprise_admin', editor: 'publicity_editor', reviewer: 'publicity_reviewer',
};
let home;
let server;
let browser;
let seats;
let org;
/** What was entered, and where it stands. */
let made;
/** Cylinders by the light that they show: the address of a signed label. */
let lights;
/** The tag of a cylinder of the enterprise's. */
let tag;
/** Routes that a picture was taken of. */
const visited = new Set();

before(async () => {
  await rm(shots, { recursive: true, force: true });
  await mkdir(shots, { recursive: true });
  home = await product.makeHome();
  await product.demo(home, { cylinders: 300, stations: 12, days: 3 });
  server = await product.serve(home);
  browser = await launch();
  seats = await content.people(browser, home, server, LOGINS);
  const { plain } = seats.enterprise;
  await plain.goto(`${server.base}/orgs`);
  // The organisation of the enterprise's account: the only one that it sees.
  org = (await plain.locator('[data-testid=rows] a.row-link').first().getAttribute('href')).match(/\/orgs\/(\d+)/)[1];
  lights = await labels();
  tag = (await home.keys()).cylinders.find((c) => String(c.org_id) === org).tag;
  const at = { base: server.base, browser, org, tag };
  const incidents = await content.incidents(seats, at);
  const cases = await content.cases(seats, at);
  const call = await content.calls(seats, at);
  const credit = await content.credit(seats, at);
  const messages = await content.messages(seats, at);
  const papers = await content.papers(seats, at);
  const posts = await content.posts(seats, at);
  made = { ...incidents, cases, call, credit, messages, papers, posts, task: await content.task(seats, at), letter: await content.letter(seats, at) };
});

after(async () => {
  await browser?.close();
  if (server && !server.ended) await server.stop();
  await home?.remove();
});

/** The printed address of a cylinder of each light, as this server has it. */
async function labels() {
  const { plain } = seats.regulator;
  const found = {};
  for (const one of (await home.keys()).cylinders) {
    const html = await (await fetch(`${server.base}/q/${one.tag}`)).text();
    const light = html.match(/class="light (green|yellow|red)"/)?.[1];
    if (!light || found[light]) continue;
    await plain.goto(`${server.base}/labels?code=${one.tag}`);
    const printed = await plain.locator('svg.label-qr').getAttribute('data-address');
    found[light] = printed.replace(/^https:\/\/[^/]+/, '');
    if (found.green && found.yellow && found.red) return found;
  }
  throw new Error(`the demonstration shows only these lights: ${Object.keys(found)}`);
}

/** One person's round: [name, route, address], each loaded once and seen in four ways. `seat` is nobody's where anybody may read. */
async function round(seat, places, least = 10) {
  const own = await laptop(browser, seat ? { storageState: seat.state } : {});
  const watched = await watchedPage(own);
  for (const [name, route, address, status = 200] of places) {
    // What anybody reads is whole when it is loaded.
    const go = () => watched.page.goto(new URL(address, server.base).href, { waitUntil: seat ? 'networkidle' : 'load' });
    // A page that says that there is nothing says so to the browser, which complains of it.
    const answer = status === 200 ? await go() : await watched.outage(go);
    assert.equal(answer.status(), status, `${name}: ${address}`);
    await pictures(watched, shots, name, least);
    watched.clean(name);
    visited.add(route);
  }
  await own.close();
}

test('cases and calls', async () => {
  const { cases } = made;
  await round(seats.officer, [
    ['cases', '/cases', '/cases'],
    ['cases-none', '/cases', '/cases?q=nothing-is-called-so'],
    ['case', '/cases/:id', cases.shown],
    ['case-report', '/cases/:id', cases.report],
    ['case-document', '/cases/:id/documents/:document', `${cases.report}/documents/register_report`],
    ['case-new', '/cases/new', '/cases/new'],
    ['cases-import', '/cases/import', '/cases/import'],
    ['evaluation', '/evaluation', '/evaluation'],
    ['calls', '/calls', '/calls'],
    ['call', '/calls/:id', made.call],
    ['call-new', '/calls/new', '/calls/new'],
  ]);
  await round(seats.enterprise, [['case-enterprise', '/cases/:id', cases.shown]]);
});

test('credit', async () => {
  const { appeal, point } = made.credit;
  await round(seats.regulator, [
    ['credit', '/credit', '/credit'],
    ['credit-one-regulator', '/credit/:id', `/credit/${org}`],
    ['credit-new', '/credit/new', '/credit/new'],
    ['credit-entries', '/credit/entries', '/credit/entries'],
    ['credit-appeals', '/credit/appeals', '/credit/appeals'],
    ['credit-appeal-regulator', '/credit/appeals/:id', appeal],
  ]);
  await round(seats.enterprise, [
    ['credit-one', '/credit/:id', `/credit/${org}`],
    ['credit-appeal-new', '/credit/appeal', point],
    ['credit-appeal', '/credit/appeals/:id', appeal],
  ]);
});

test('accidents, hazards, tasks and the calendar', async () => {
  await round(seats.regulator, [
    ['accidents', '/accidents', '/accidents'],
    ['accident', '/accidents/:id', made.accident],
    ['accident-new', '/accidents/new', '/accidents/new'],
    ['hazards', '/hazards', '/hazards'],
    ['hazard', '/hazards/:id', made.hazard],
    ['hazard-new', '/hazards/new', '/hazards/new'],
    ['tasks-regulator', '/tasks', '/tasks?view=all'],
    ['calendar', '/calendar', '/calendar'],
    ['calendar-next', '/calendar', '/calendar?year=2027'],
  ]);
  await round(seats.enterprise, [
    ['home', '/', '/'],
    ['tasks', '/tasks', '/tasks'],
    ['task', '/tasks/:id', made.task],
    ['tasks-settings', '/tasks/settings', '/tasks/settings'],
  ]);
});

test('messages and documents', async () => {
  const { messages, papers } = made;
  await round(seats.regulator, [
    ['messages', '/messages', '/messages'],
    ['message', '/messages/:id', messages.sent],
    ['message-new', '/messages/new', '/messages/new'],
    ['message-preview', '/messages/new', messages.preview],
    ['messages-templates', '/messages/templates', '/messages/templates'],
    ['papers', '/papers', '/papers'],
    ['paper', '/papers/:id', papers.paper],
    ['paper-sheet', '/papers/:id/sheet', `${papers.paper}/sheet`],
    ['paper-new', '/papers/new', '/papers/new'],
    ['paper-preview', '/papers/new', papers.preview],
  ]);
  await round(seats.enterprise, [
    ['inbox', '/inbox', '/inbox'],
    ['letter', '/inbox/:id', made.letter],
    ['me', '/me', '/me'],
    ['papers-enterprise', '/papers', '/papers'],
    ['paper-enterprise', '/papers/:id', papers.paper],
  ]);
});

test('posts', async () => {
  const { posts } = made;
  await round(seats.editor, [
    ['posts', '/posts', '/posts'],
    ['post-new', '/posts/new', '/posts/new'],
    ['post', '/posts/:id', posts.published],
    ['post-returned', '/posts/:id', posts.back],
    ['post-edit', '/posts/:id/edit', `${posts.draft}/edit`],
    ['post-edit-beside', '/posts/:id/edit', `${posts.draft}/edit?copy=${posts.copy.match(/\d+$/)[0]}`],
    ['post-copy', '/posts/copies/:id', posts.copy],
    ['post-preview-phone', '/posts/:id/preview', `${posts.published}/preview?as=phone`],
    ['post-preview-wall', '/posts/:id/preview', `${posts.published}/preview?as=wall`],
    ['post-version', '/posts/:id/versions/:version', `${posts.published}/versions/1`],
  ], 5);
  await round(seats.reviewer, [['post-review', '/posts/:id', posts.waits]]);
});

test('what anybody reads', async () => {
  await round(null, [
    ['scan-ask', '/q', '/q'],
    ...['green', 'yellow', 'red'].map((light) => [`scan-${light}`, '/q/{code}', lights[light]]),
    ['scan-unsigned', '/q/{code}', `/q/${tag}`],
    ['scan-unknown', '/q/{code}', '/q/99999999999', 404],
    ['complain', '/complain', '/complain'],
    ...['complaint', 'report', 'suggestion', 'repair'].map((track) => [`complain-${track}`, '/complain', `/complain?track=${track}`]),
    ['follow-ask', '/case', '/case'],
    ['rating-ask', '/rating', '/rating'],
    ['rating', '/rating', '/rating?q=%E7%87%83%E6%B0%94'],
    ['rating-none', '/rating', '/rating?q=%E4%B8%8D%E5%AD%98%E5%9C%A8%E7%9A%84'],
    ['news', '/news', '/news'],
    ['news-search', '/news', '/news?q=%E6%B3%84%E6%BC%8F'],
    ['news-none', '/news', '/news?q=%E4%B8%8D%E5%AD%98%E5%9C%A8'],
    ...['winter-gas-safety', 'hose-offer', 'checklist'].map((name) => [`news-${name}`, '/news/{name}', `/news/${name}`]),
    ['news-nothing', '/news/{name}', '/news/nothing-here', 404],
  ], 4);
});

test('what a citizen is told: what is wrong, what was received, how it goes on', async () => {
  const own = await laptop(browser);
  const watched = await watchedPage(own);
  const { page } = watched;
  await page.goto(`${server.base}/complain?track=suggestion`, { waitUntil: 'networkidle' });
  await page.fill('#title', '换瓶点能否公布营业时间');
  await page.fill('#text', '周末常常白跑一趟,希望公布每个换瓶点的营业时间。');
  // Nothing but the server says what is wrong.
  await page.locator('form[action="/complain"]').evaluate((f) => { f.noValidate = true; });
  await page.fill('#phone', '12');
  await watched.outage(async () => {
    await page.getByRole('button', { name: '提交' }).click();
    await page.locator('.bad').first().waitFor();
  });
  await pictures(watched, shots, 'complain-wrong', 4);
  await page.fill('#phone', '13800001111');
  await page.getByRole('button', { name: '提交' }).click();
  await page.getByRole('heading', { name: '已收到' }).waitFor();
  await pictures(watched, shots, 'complain-received', 4);
  await page.goto(`${server.base}/case`, { waitUntil: 'networkidle' });
  await page.getByLabel('编号').fill(made.cases.number);
  await page.getByLabel('查询码').fill(made.cases.code);
  await page.getByRole('button', { name: '查询' }).click();
  await page.getByText('企业已答复并更正登记').waitFor();
  await pictures(watched, shots, 'follow', 4);
  watched.clean('while a citizen followed a case');
  await own.close();
});

test('a post on the wall', async () => {
  const display = await context(browser);
  const watched = await watchedPage(display);
  await watched.page.goto(server.pairing, { waitUntil: 'load' });
  const frame = await wallFrame(watched.page);
  await freshness(frame, 'live', 20_000);
  await frame.locator('[data-tile=posts] .headline-title').waitFor({ timeout: 20_000 });
  await eventually('enterprises are rated', () => frame.locator('[data-tile=grades]').count(), { timeoutMs: 60_000, everyMs: 500 });
  // So far that the line can be read.
  const line = frame.locator('[data-testid=marquee]');
  await eventually('the line goes by', () => line.evaluate((l) => {
    const way = l.parentElement.getBoundingClientRect();
    return l.querySelector('span').getBoundingClientRect().left < way.left + way.width / 2;
  }), { timeoutMs: 60_000, everyMs: 500 });
  await checkWall(frame, 'the wall');
  await watched.page.screenshot({ path: path.join(shots, 'wall-post.png') });
  watched.clean('at the wall');
  await display.close();
});

test('no page is forgotten', async () => {
  const text = (file) => readFile(path.join(product.root, file), 'utf8');
  const desk = (await text('app/src/routes.rs')).match(/^ {4}Desk desk \{\n([\s\S]*?)^ {4}\}/m)[1];
  const pages = [...desk.matchAll(/^\s*"([^"]+)" => /gm)].map((m) => m[1]);
  // Other spellings of a page's address, and what is none.
  const others = ['/q/', '/Q', '/Q/', '/L', '/L/', '/news/', '/news/feed.xml', '/news/{name}/qr.svg'];
  const folder = 'server/src/public';
  const files = (await readdir(path.join(product.root, folder))).filter((f) => f.endsWith('.rs'));
  const source = (await Promise.all(files.map((f) => text(`${folder}/${f}`)))).join('\n');
  const open = [...source.matchAll(/\.route\("([^"]+)"/g)].map((m) => m[1]).filter((r) => !others.includes(r));
  assert.ok(pages.length > 40 && open.length > 6, `${pages.length} pages of the desk, ${open.length} that anybody reads`);
  assert.deepEqual([...pages, ...open].filter((route) => !visited.has(route)), [], 'pages without a picture');
});
