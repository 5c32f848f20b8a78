// What the desk's pages have to show, entered at the pages themselves by whoever does so in an office. Nothing of it needs a script, so that it
// is there soon.

import { eventually, laptop } from './browser.mjs';
import { session } from './account.mjs';
import { pdf, photo } from './files.mjs';

/** A day, or a moment, as a form takes it: in the city's zone, so many days or hours from now. */
export const day = (days = 0) => new Date(Date.now() + 8 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
export const moment = (hours) => new Date(Date.now() + (8 + hours) * 3_600_000).toISOString().slice(0, 16);

/** Sends a form by one of its buttons, and waits for the page that comes of it. */
async function send(page, button, to) {
  await button.click();
  await page.waitForURL(to, { timeout: 15_000 }).catch(async (e) => {
    throw new Error(`${e.message}\n${page.url()}\n${await page.locator('main').innerText()}`);
  });
}

/** Fills a form of the kit in and sends it. Of a choice that must be made and is not named the first is taken. */
async function enter(page, at, values, button = '登记') {
  await page.goto(at);
  for (const select of await page.locator('form select[required]').all()) await select.selectOption({ index: 1 });
  for (const [name, value] of Object.entries(values)) {
    const field = page.locator(`[name="values[${name}]"]`);
    if ((await field.evaluate((f) => f.tagName)) === 'SELECT') await field.selectOption(value);
    else await field.fill(value);
  }
  await send(page, page.getByRole('button', { name: button, exact: true }), (url) => !url.href.startsWith(at));
  return page.url().split('?')[0];
}

/** An act of a page whose acts are folded. */
async function act(page, at, name, fill = async () => {}) {
  await page.goto(at);
  const form = page.locator('main details', { has: page.locator('summary', { hasText: new RegExp(`^${name}$`) }) });
  await form.locator('summary').click();
  await fill(form);
  await send(page, form.getByRole('button', { name, exact: true }), /done=|\/edit|\/cases\//);
}

const note = (text) => (form) => form.locator('textarea').fill(text);

/** The people of an office, each with the cookies of a session and a page without scripts. */
export async function people(browser, home, server, logins) {
  const all = {};
  // One after another: passwords that are checked at the same time are refused.
  for (const [name, login] of Object.entries(logins)) {
    const state = await session(browser, home, server, login);
    const plain = await laptop(browser, { storageState: state, javaScriptEnabled: false });
    plain.setDefaultTimeout(15_000);
    all[name] = { state, plain: await plain.newPage() };
  }
  return all;
}

/** Cases of each kind, in several states, and a table of a platform with a row that is wrong. Tells the address of the one with most to see. */
export async function cases({ officer, enterprise }, { base, browser, org, tag }) {
  const page = officer.plain;
  const report = await enter(page, `${base}/cases/new`, {
    track: 'report', channel: 'visit', name: '王建国', phone: '13812341234', tag, org, place: '经三路与纬四路交叉口东南角', title: '送来的气瓶角阀漏气,换瓶时不肯扫码',
    text: '昨天傍晚送来的一只 15 公斤瓶,角阀处能闻到异味。\n要求换瓶时送气工不肯扫码,说系统坏了。',
  });
  await act(page, report, '立案');
  await act(page, report, '答复公众', note('已责令该站召回此瓶并立案调查,办理期间请勿使用。'));
  await act(page, report, '备注', note('现场照片与充装记录已调取。'));
  for (const [track, title, more] of [
    ['complaint', '约定上午送气,下午才到且多收运费', { wish: '退还多收的十元' }],
    ['suggestion', '建议在换瓶点张贴查询方法', {}],
    ['repair', '软管老化,请上门更换', { place: '纬四路 12 号院 3 号楼 501', org }],
  ]) {
    await enter(page, `${base}/cases/new`, {
      track, channel: 'phone', name: '李秀英', phone: '13912345678', title, text: `${title}。来电人说话清楚,愿意配合。`, ...more,
    });
  }
  await page.goto(`${base}/cases/import`);
  await page.selectOption('#channel', '12345');
  await page.fill('#text', '工单编号,类型,姓名,联系电话,标题,内容\nGD2026001,投诉,张三丰,13812341111,缺斤短两,少了两公斤\nGD2026002,投诉,李四,12,黑气点,车库里卖气\n');
  await send(page, page.getByRole('button', { name: '导入', exact: true }), /aside=/);
  // What a citizen attaches, and what the enterprise answers, stands in the case, too.
  const citizen = await laptop(browser, { javaScriptEnabled: false });
  const form = await citizen.newPage();
  await form.goto(`${base}/complain?track=report&tag=${tag}`);
  await form.fill('#title', '瓶身钢印与查询结果不一致');
  await form.fill('#text', '扫码显示的制造单位与钢印不同,检验色标也看不清。');
  await form.getByLabel('匿名').check();
  await form.setInputFiles('#photo', [await photo(browser, '钢印.jpg', '钢印照片'), await photo(browser, '色标环.jpg', '检验色标环')]);
  await form.getByRole('button', { name: '提交' }).click();
  const number = await form.getByTestId('number').innerText();
  const code = await form.getByTestId('code').innerText();
  await citizen.close();
  await page.goto(`${base}/cases?q=${number}`);
  const shown = base + await page.locator('[data-testid=rows] a.row-link').first().getAttribute('href');
  await act(page, shown, '转企业答复', note('请说明这只瓶的制造单位与最近一次检验的记录。'));
  await act(enterprise.plain, shown, '企业答复', note('经核对,登记时制造单位录错,已申请更正;检验记录见附件。'));
  await act(page, shown, '答复公众', note('企业已答复并更正登记,检验仍在有效期内。'));
  return { report, shown, number, code };
}

/** Calls: one to be called back, one that became a case. */
export async function calls({ officer }, { base }) {
  const page = officer.plain;
  const caller = { name: '赵敏', phone: '13700001111' };
  const call = await enter(page, `${base}/calls/new`, { category: 'question', ...caller, text: '问过期钢瓶怎么处理,希望上门回收。', callback: moment(3) });
  await act(page, call, '备注', note('已记下地址,转辖区充装站联系。'));
  const other = await enter(page, `${base}/calls/new`, { category: 'report', ...caller, text: '楼下车库有人倒卖气瓶,晚上十点以后装卸。' });
  await act(page, other, '转为案件', (form) => form.locator('[name="values[title]"]').fill('车库内倒卖气瓶'));
  return call;
}

/** An accident, and a hazard whose term makes a task. */
export async function incidents({ regulator }, { base, org }) {
  const page = regulator.plain;
  const accident = await enter(page, `${base}/accidents/new`, {
    at: `${day(-3)}T18:20`, place: '东环路餐饮街 8 号', minor: '1', loss: '12000', brief: '更换气瓶时未关闭灶具阀门,厨房闪爆,一人轻伤。', cause: '连接软管脱落',
  });
  const hazard = await enter(page, `${base}/hazards/new`, { at: `${day(-2)}T08:00`, org, place: '充装站库区南侧', brief: '消防器材过期,应急通道堆放空瓶。' });
  await page.goto(hazard);
  await page.fill('#note', '限期整改');
  await page.fill('#due', day(10));
  await send(page, page.locator('button[value=demand]'), /done=saved/);
  return { accident, hazard };
}

/** Points against an enterprise, and its appeal against one of them. */
export async function credit({ regulator, enterprise }, { base, browser, org }) {
  const page = regulator.plain;
  for (const [n, what] of ['超量充装 2 只,已责令整改', '未按规定开展入户安检', '标签破损未及时更换'].entries()) {
    await page.goto(`${base}/credit/new`);
    const items = await page.locator('#f-item option').evaluateAll((all) => all.map((o) => o.value).filter(Boolean));
    await enter(page, `${base}/credit/new`, { org, item: items[n % items.length], day: day(), document: `郑市监处罚〔2026〕${n + 1} 号`, note: what });
  }
  const own = enterprise.plain;
  await own.goto(`${base}/credit/${org}`);
  const point = base + await own.getByTestId('points').getByRole('link', { name: '申诉', exact: true }).first().getAttribute('href');
  await own.goto(point);
  await own.fill('#f-grounds', '当日称重设备正在检定,读数不是充装量。');
  await own.fill('#f-evidence', '充装记录 12345、检定证书 2026-0711');
  await own.setInputFiles('#f-file', [await photo(browser, '检定现场.jpg', '检定现场'), pdf('检定证书.pdf')]);
  await send(own, own.getByRole('button', { name: '提交申诉' }), /\/credit\/appeals\/\d+/);
  const appeal = own.url().split('?')[0];
  // Another point: an appeal is against one that has none.
  await own.goto(`${base}/credit/${org}`);
  const next = base + await own.getByTestId('points').getByRole('link', { name: '申诉', exact: true }).first().getAttribute('href');
  return { appeal, point: next };
}

/** A template, a list of recipients, a draft, and messages that were sent and are to be. */
export async function messages({ regulator }, { base }) {
  const page = regulator.plain;
  await page.goto(`${base}/messages/templates`);
  await page.fill('#t0-name', '过检提醒');
  await page.fill('#t0-title', '请尽快送检过期气瓶');
  await page.fill('#t0-body', '{单位}:现有过检钢瓶 {过检数} 只,请尽快送检,送检前不得充装。');
  await send(page, page.getByRole('button', { name: '保存模板' }).last(), /done=saved/);
  const write = async (title, at = '') => {
    await page.goto(`${base}/messages/new`);
    await page.fill('#title', title);
    await page.fill('#body', '{姓名}({单位}):请核对过检钢瓶 {过检数} 只,并于本周五前回复。');
    await page.fill('#at', at);
    await page.getByLabel('范围内全部账号').check();
    await page.getByLabel('短信', { exact: true }).check();
    await send(page, page.getByRole('button', { name: '预览收件人与内容' }), /checked=1/);
    return page.url();
  };
  const preview = await write('入冬前安全检查安排');
  await page.locator('summary', { hasText: '把这些收件人存为名单' }).click();
  await page.fill('#list-name', '全市账号');
  await send(page, page.getByRole('button', { name: '保存名单' }), /done=/);
  await write('下周二召开充装站负责人会议', moment(20));
  await send(page, page.getByTestId('send'), /\/messages\/\d+/);
  await write('关于近期气瓶过检情况的提醒');
  await send(page, page.getByTestId('send'), /\/messages\/\d+/);
  return { preview, sent: page.url().split('?')[0] };
}

/** A document that an enterprise signed for and answered, and one that is being drawn up. */
export async function papers({ regulator, enterprise }, { base }) {
  const page = regulator.plain;
  const write = async (number, title) => {
    await page.goto(`${base}/papers/new`);
    await page.fill('#number', number);
    await page.fill('#title', title);
    await page.fill('#issuer', '市市场监督管理局');
    await page.fill('#body', '各充装单位:\n为做好冬季用气安全工作,请于期限内完成在用气瓶专项自查,\n重点检查超期瓶、角阀漏气和标签破损,并书面回复自查结果。');
    await page.fill('#deadline', day(7));
    await page.getByLabel('充装单位', { exact: true }).check();
    await page.getByLabel('要求书面回复').check();
    await page.setInputFiles('#file', pdf('自查表.pdf'));
    await send(page, page.getByRole('button', { name: '预览公文与收文单位' }), /checked=1/);
    return page.url();
  };
  await write('郑市监〔2026〕12号', '关于开展气瓶专项检查的通知');
  await send(page, page.getByTestId('issue'), /\/papers\/\d+/);
  const paper = page.url().split('?')[0];
  const own = enterprise.plain;
  await own.goto(paper);
  await send(own, own.getByTestId('sign'), /done=signed/);
  await own.fill('#answer-text', '已自查在用气瓶 1 206 只,发现角阀渗漏 3 只,均已停用送修。');
  await send(own, own.getByRole('button', { name: '预览回复' }), /checked=1/);
  await send(own, own.getByTestId('answer'), /done=answered/);
  return { paper, preview: await write('郑市监〔2026〕13号', '关于冬季用气安全宣传的通知') };
}

/** Posts at each stage, and a text that was kept aside. Tells their addresses. */
export async function posts({ editor, reviewer }, { base }) {
  const page = editor.plain;
  const write = async (title, category) => {
    const at = (await enter(page, `${base}/posts/new`, { title, category }, '开始编辑')).replace(/\/edit$/, '');
    await page.goto(`${at}/edit`);
    await page.fill('#f-body', '<p>入冬以后门窗紧闭,用气时请保持通风。</p><h2>三件事</h2><ul><li>看软管</li><li>闻异味</li><li>查日期</li></ul>');
    await page.fill('#f-summary', '通风、关阀、查漏');
    await page.fill('#f-tags', '冬季,软管');
    await send(page, page.getByRole('button', { name: '保存', exact: true }), /done=saved/);
    return at;
  };
  const waits = await write('冬季用气要做的三件事', 'safety');
  await act(page, waits, '提交审核');
  const back = await write('充装站开放日活动预告', 'news');
  await act(page, back, '提交审核');
  await act(reviewer.plain, back, '退回修改', note('请补充活动的时间、地点和报名方式。'));
  const draft = await write('换瓶时请核对的四个日期', 'notice');
  // Two windows began from the same text: what the second saves is kept aside.
  const other = await page.context().newPage();
  await page.goto(`${draft}/edit`);
  await other.goto(`${draft}/edit`);
  await page.fill('#f-body', '<p>先保存的一段:看制造日期。</p>');
  await send(page, page.getByRole('button', { name: '保存', exact: true }), /done=saved/);
  await other.fill('#f-body', '<p>后保存的一段:看检验日期,看下次检验日期。</p>');
  await send(other, other.getByRole('button', { name: '保存', exact: true }), /\/posts\/copies\/\d+/);
  const copy = other.url().split('?')[0];
  await other.close();
  await page.goto(`${base}/posts?q=${encodeURIComponent('四步处置')}`);
  const published = base + await page.locator('[data-testid=rows] a.row-link').first().getAttribute('href');
  return { waits, back, draft, copy, published };
}

/** The task that a hazard made of the enterprise's, as soon as the job found it. */
export function task({ enterprise }, { base }) {
  const page = enterprise.plain;
  return eventually('a task', async () => {
    await page.goto(`${base}/tasks?view=all`);
    const row = page.locator('[data-testid=rows] tr', { hasText: '隐患限期整改' }).first();
    return (await row.count()) && base + await row.locator('a.row-link').getAttribute('href');
  }, { timeoutMs: 60_000, everyMs: 1_000 });
}

/** The letter that tells the enterprise of the message, as soon as it is out. */
export function letter({ enterprise }, { base }) {
  const page = enterprise.plain;
  return eventually('a letter', async () => {
    await page.goto(`${base}/inbox`);
    const row = page.locator('main a[href^="/inbox/"]', { hasText: '过检情况' }).first();
    return (await row.count()) && base + await row.getAttribute('href');
  }, { timeoutMs: 60_000, everyMs: 1_000 });
}
