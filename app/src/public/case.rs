//! What anybody may bring before the authority, and how it goes on (S0-50, S0-58B8, S0-58B9): plain pages and plain forms, as the page of a
//! cylinder is. Nothing of them needs a script.

use super::frame::{self, Reading};
use crate::{kit::area::lines, lang::Lang};
use domain::{
    attachment::{FORM_MAX, Why},
    case::{Act, FollowPage, Hold, NOTE_MAX, Rating, Receipt, Running, State, Step, TEXT_MAX, Track},
    clock,
    form::{Fault, Values},
    list::encode,
    outcome::Text,
};
use leptos::prelude::*;

/// Style of pages with forms, after the common one.
pub const STYLE: &str = concat!(include_str!("public.css"), include_str!("form.css"));

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// What an address may bring into the form beside the track: it is carried on from page to page.
pub const CARRIED: [&str; 5] = ["tag", "title", "scan", "district", "org"];

/// A choice of a form: its code and its words.
pub type Named = (String, String);

/// A picture that was kept for a form that is shown again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The word by which the form names it.
    pub word: String,
    /// Its name.
    pub name: String,
}

/// What became of the pictures of a form that was not taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Photos {
    /// Those that were kept: they need not be chosen again.
    pub held: Vec<Held>,
    /// Those that were refused, by their names.
    pub refused: Vec<(String, Why)>,
    /// How many could not be kept, or not any longer.
    pub lost: usize,
}

impl Photos {
    /// Whether the form was not taken for them.
    fn are_wrong(&self) -> bool {
        !self.refused.is_empty() || self.lost > 0
    }

    /// What whoever sends the form again must know of them; nothing where none came with it.
    fn told(&self, lang: Lang) -> Option<String> {
        match (self.held.len(), self.are_wrong()) {
            (0, false) => None,
            (0, true) => Some(lang.pick("照片需要重新选择。", "Pictures must be chosen again.").to_owned()),
            (n, false) => Some(lang.pick(
                format!("已收到的 {n} 张照片保留在下面,不必重新选择。"),
                format!("{n} pictures that came are kept below: they need not be chosen again."),
            )),
            (n, true) => Some(lang.pick(
                format!("已收到的 {n} 张照片保留在下面,其余的需要重新选择。"),
                format!("{n} pictures that came are kept below; the others must be chosen again."),
            )),
        }
    }
}

/// The form by which a case is brought.
#[derive(Clone, Debug, Default)]
pub struct Bring {
    /// How it is read.
    pub reading: Reading,
    /// What is brought; `None` where it is not chosen yet.
    pub track: Option<Track>,
    /// What was entered.
    pub values: Values,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// What became of its pictures.
    pub photos: Photos,
    /// Why it was not taken, where nothing of it is wrong.
    pub why: Option<Text>,
    /// Districts to choose from.
    pub districts: Vec<Named>,
    /// Organisations to choose from.
    pub orgs: Vec<Named>,
}

fn document(reading: Reading, title: &str, here: &str, content: impl IntoView) -> String {
    frame::document(frame::Page { reading, title, here, aloud: false, style: STYLE, shared: None }, content)
}

/// What each track is for, for whoever does not know the word.
fn purpose(track: Track) -> Text {
    match track {
        Track::Complaint => t(
            "买气、换瓶、配送发生了纠纷,希望调解。须留姓名电话。",
            "A dispute over gas, a cylinder or its delivery that you want settled. Name and telephone are needed.",
        ),
        Track::Report => t(
            "发现违法或危险的行为,如过期瓶、黑气点、缺斤短两。可以匿名。",
            "A breach or a danger: cylinders past their date, illegal sellers, short weight. You may stay unknown.",
        ),
        Track::Suggestion => t("对用气安全工作的意见和建议。", "What could be done better."),
        Track::Repair => {
            t("气瓶、角阀、软管有故障,请充装单位上门。", "A faulty cylinder, valve or hose: the filler comes.")
        }
    }
}

/// Where a track is brought, with what is known already.
fn bring_at(b: &Bring, track: Option<Track>) -> String {
    let first = track.map(|t| ("track", t.code().to_owned()));
    let rest = CARRIED.into_iter().filter_map(|n| Some((n, b.values.get(n).filter(|v| !v.is_empty())?.clone())));
    let all: Vec<String> = first.into_iter().chain(rest).map(|(n, v)| format!("{n}={}", encode(&v))).collect();
    if all.is_empty() { "/complain".to_owned() } else { format!("/complain?{}", all.join("&")) }
}

fn danger(lang: Lang) -> impl IntoView + use<> {
    view! {
        <p class="alarm" role="note">
            {lang.pick("正在漏气或起火:先关阀、开窗、撤离,到室外拨打 ", "Gas leaks or burns: close the valve, open the windows, leave, and from outside call ")}
            <a href="tel:119">"119"</a>
            {lang.pick("。不要等待本页答复。", ". Do not wait for an answer here.")}
        </p>
    }
}

/// The page where a case is brought.
#[must_use]
pub fn bring(b: &Bring) -> String {
    let lang = b.reading.lang;
    let (title, here, content) = match b.track {
        None => {
            let title = lang.pick("投诉、举报、建议、报修", "Complain, report, suggest, repair");
            let here = bring_at(b, None);
            let choice = |t: &Track| {
                view! {
                    <a href=b.reading.at(&bring_at(b, Some(*t)))>{lang.text(t.text())}<small>{lang.text(purpose(*t))}</small></a>
                }
            };
            let content = view! {
                {danger(lang)}
                <section class="card choose form">
                    <h1>{title}</h1>
                    {Track::ALL.iter().map(choice).collect_view()}
                </section>
                <section class="card choose form">
                    <h2>{lang.pick("已经提交过?", "Already sent?")}</h2>
                    <a href=b.reading.at("/case")>{lang.pick("查看办理进度", "See how it goes on")}</a>
                </section>
            };
            (title, here, content.into_any())
        }
        Some(track) => (lang.text(track.text()), bring_at(b, Some(track)), entry(b, track).into_any()),
    };
    document(b.reading, title, &here, content)
}

/// A field with its label, its hint and what is wrong with it.
fn field(b: &Bring, name: &'static str, label: Text, hint: Option<Text>, needed: bool, input: AnyView) -> AnyView {
    let lang = b.reading.lang;
    let wrong = b.faults.iter().find(|f| f.field == name).map(|f| lang.pick(f.zh.clone(), f.en.clone()));
    let mark = if needed { lang.pick("(必填)", " (needed)") } else { "" };
    view! {
        <label for=name>{lang.text(label)}{mark}</label>
        {input}
        {hint.map(|h| view! { <p class="hint" id=format!("{name}-hint")>{lang.text(h)}</p> })}
        {wrong.map(|w| view! { <p class="bad" id=format!("{name}-bad")>{w}</p> })}
    }
    .into_any()
}

fn described(b: &Bring, name: &str, hint: bool) -> Option<String> {
    let bad = b.faults.iter().any(|f| f.field == name).then(|| format!("{name}-bad"));
    let all: Vec<String> = hint.then(|| format!("{name}-hint")).into_iter().chain(bad).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

fn class(b: &Bring, name: &str) -> &'static str {
    if b.faults.iter().any(|f| f.field == name) { "faulty" } else { "" }
}

fn value(b: &Bring, name: &str) -> String {
    b.values.get(name).cloned().unwrap_or_default()
}

/// A line of text.
struct Line {
    name: &'static str,
    label: Text,
    hint: Option<Text>,
    needed: bool,
    max: usize,
    kind: &'static str,
    fill: &'static str,
}

fn line(b: &Bring, l: &Line) -> AnyView {
    let input = view! {
        <input
            type=l.kind
            id=l.name
            name=l.name
            value=value(b, l.name)
            maxlength=l.max.to_string()
            autocomplete=l.fill
            required=l.needed
            class=class(b, l.name)
            aria-describedby=described(b, l.name, l.hint.is_some())
        />
    };
    field(b, l.name, l.label, l.hint, l.needed, input.into_any())
}

fn area(b: &Bring, name: &'static str, label: Text, hint: Option<Text>, needed: bool, max: usize) -> AnyView {
    let input = view! {
        <textarea
            id=name
            name=name
            rows="5"
            maxlength=max.to_string()
            required=needed
            class=class(b, name)
            aria-describedby=described(b, name, hint.is_some()) inner_html=lines(&value(b, name))></textarea>
    };
    field(b, name, label, hint, needed, input.into_any())
}

fn select(b: &Bring, name: &'static str, label: Text, hint: Option<Text>, all: &[Named]) -> AnyView {
    let chosen = value(b, name);
    let option = |(code, text): &Named| {
        view! { <option value=code.clone() selected=*code == chosen>{text.clone()}</option> }
    };
    let input = view! {
        <select id=name name=name class=class(b, name) aria-describedby=described(b, name, hint.is_some())>
            <option value="">{b.reading.lang.pick("不清楚", "Not known")}</option>
            {all.iter().map(option).collect_view()}
        </select>
    };
    field(b, name, label, hint, false, input.into_any())
}

fn tick(b: &Bring, name: &'static str, label: Text) -> AnyView {
    let lang = b.reading.lang;
    let wrong = b.faults.iter().find(|f| f.field == name).map(|f| lang.pick(f.zh.clone(), f.en.clone()));
    view! {
        <label class="tick">
            <input type="checkbox" name=name value="yes" checked=!value(b, name).is_empty()/>
            {lang.text(label)}
        </label>
        {wrong.map(|w| view! { <p class="bad">{w}</p> })}
    }
    .into_any()
}

/// The field by which pictures are sent, after those that were kept.
fn photos(lang: Lang, p: &Photos) -> impl IntoView + use<> {
    let one = |h: &Held| {
        view! {
            <li>
                <input type="hidden" name="kept" value=h.word.clone()/>
                {h.name.clone()} {lang.pick(" — 已保留", " — kept")}
                <label class="tick"><input type="checkbox" name="drop" value=h.word.clone()/>{lang.pick("移除", "remove")}</label>
            </li>
        }
    };
    let refused = |(name, why): &(String, Why)| {
        view! { <p class="bad">{name.clone()} {lang.pick(":", ": ")} {lang.text(why.info())}</p> }
    };
    let lost = (p.lost > 0).then(|| {
        let n = p.lost;
        let text = lang.pick(
            format!("有 {n} 张照片没有保留(最多保留两小时),请重新选择。"),
            format!("{n} pictures were not kept (two hours at most): choose them again."),
        );
        view! { <p class="bad">{text}</p> }
    });
    let wrong = p.are_wrong();
    view! {
        {(!p.held.is_empty()).then(|| view! { <ul class="kept" data-testid="kept">{p.held.iter().map(one).collect_view()}</ul> })}
        <span class="pick">
            <label for="photo">{lang.pick(format!("选择照片(最多 {FORM_MAX} 张)"), format!("Choose pictures ({FORM_MAX} at most)"))}</label>
            <input
                type="file"
                id="photo"
                name="photo"
                accept="image/jpeg,image/png,image/webp,image/gif"
                multiple
                aria-describedby=if wrong { "photo-hint photo-bad" } else { "photo-hint" }
            />
        </span>
        <p class="hint" id="photo-hint">
            {lang.pick("每张不超过 20 MB。拍摄地点等信息会被去除。", "20 MB each at most. Where they were taken is removed.")}
        </p>
        {wrong.then(|| view! { <div id="photo-bad">{p.refused.iter().map(refused).collect_view()}{lost}</div> })}
    }
}

fn entry(b: &Bring, track: Track) -> impl IntoView + use<> {
    let lang = b.reading.lang;
    let complaint = track == Track::Complaint;
    let repair = track == Track::Repair;
    let l = |name, label, needed, max, kind, fill| Line { name, label, hint: None, needed, max, kind, fill };
    let tag = Line {
        hint: Some(t(
            "瓶身二维码或钢印上的号码,没有可不填",
            "The number on its label or stamped into it; leave it empty where there is none",
        )),
        ..l("tag", t("气瓶编号", "Number of the cylinder"), false, 32, "text", "off")
    };
    let title = Line {
        hint: Some(t("例:送来的气瓶已过检验期", "Such as: the cylinder I got is past its inspection")),
        ..l("title", t("一句话说明", "In a few words"), true, 60, "text", "off")
    };
    let place = match track {
        Track::Repair => t("上门地址", "Where to come"),
        _ => t("发生地点", "Where it happened"),
    };
    let unknown = matches!(track, Track::Report | Track::Suggestion);
    let who = view! {
        <h2>{lang.pick("联系方式", "How to reach you")}</h2>
        <p class="hint">
            {lang.pick(
                "只有办理人员能看到,不会公开,也不会告诉被反映的单位。",
                "Only the officers who deal with it see this. It is not published, nor told to whom it is about.",
            )}
        </p>
        {unknown.then(|| tick(b, "anonymous", t("匿名(仍可凭编号和查询码查看进度)", "Stay unknown (you can follow it by number and code all the same)")))}
        {line(b, &l("name", t("姓名", "Name"), complaint, 40, "text", "name"))}
        {line(b, &l("phone", t("电话", "Telephone"), complaint || repair, 30, "tel", "tel"))}
        {complaint.then(|| line(b, &l("address", t("通讯地址", "Address"), false, 120, "text", "street-address")))}
    };
    let many = b.why.is_none() && (!b.faults.is_empty() || b.photos.are_wrong());
    view! {
        {(track == Track::Report || repair).then(|| danger(lang))}
        <form class="card form" method="post" action="/complain" enctype="multipart/form-data">
            <h1>{lang.text(track.text())}</h1>
            <p>{lang.text(purpose(track))}</p>
            {b.why.map(|w| view! {
                <p class="bad" role="alert">
                    {lang.text(w)} " "
                    {lang.pick("您填写的内容都在下面。", "What you entered stands below. ")}
                    {b.photos.told(lang)}
                </p>
            })}
            {many.then(|| view! {
                <p class="bad" role="alert">
                    {lang.pick("还没有提交:请修改下面标出的内容。", "Not sent yet: mend what is marked below. ")}
                    {b.photos.told(lang)}
                </p>
            })}
            <input type="hidden" name="track" value=track.code()/>
            <input type="hidden" name="key" value=value(b, "key")/>
            <input type="hidden" name="scan" value=value(b, "scan")/>
            {b.reading.fields()}
            {line(b, &title)}
            {area(b, "text", t("详细情况", "What happened"), None, true, TEXT_MAX)}
            {complaint.then(|| area(b, "wish", t("您的诉求", "What you ask for"), None, false, NOTE_MAX))}
            {line(b, &tag)}
            {(track != Track::Suggestion).then(|| select(b, "org", t("涉及单位", "Organisation"), Some(t("填写气瓶编号后可不选", "Not needed where the cylinder's number is given")), &b.orgs))}
            {select(b, "district", t("所在区县", "District"), None, &b.districts)}
            {(track != Track::Suggestion).then(|| line(b, &l("place", place, repair, 120, "text", if repair { "street-address" } else { "off" })))}
            {complaint.then(|| tick(b, "also_report", t("同时举报违法行为(另立一件,分别办理)", "Report it as a breach as well (a case of its own)")))}
            {who}
            {photos(lang, &b.photos)}
            <button type="submit">{lang.pick("提交", "Send")}</button>
        </form>
    }
}

/// What came of the pictures of a form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pictures {
    /// How many were sent.
    pub sent: usize,
    /// How many of them were kept with the case now.
    pub kept: usize,
    /// Whether the form itself had been sent before.
    pub twice: bool,
}

impl Pictures {
    fn text(self, lang: Lang) -> Option<String> {
        let Self { sent, kept, twice } = self;
        match (sent, kept) {
            (0, _) => None,
            (_, 0) if twice => Some(
                lang.pick(
                    "照片与此前收到的相同(或已达数量上限),没有重复保存。",
                    "The pictures were received before, or there are as many as can be: they were not kept a second time.",
                )
                .to_owned(),
            ),
            (s, k) if k < s => Some(lang.pick(
                format!("已附照片 {k} 张;其余 {} 张与已有的相同或超出数量上限。", s - k),
                format!("{k} pictures were attached; {} are there already, or were too many.", s - k),
            )),
            (_, k) => Some(lang.pick(format!("已附照片 {k} 张。"), format!("{k} pictures were attached."))),
        }
    }
}

/// The page that says that a case was entered: its number and code, once and in large letters.
#[must_use]
pub fn entered(reading: Reading, receipts: &[Receipt], pictures: Pictures) -> String {
    let lang = reading.lang;
    let one = |r: &Receipt| {
        view! {
            <dl>
                <div><dt>{lang.pick("类别", "Kind")}</dt><dd>{lang.text(r.track.text())}</dd></div>
                <div><dt>{lang.pick("编号", "Number")}</dt><dd data-testid="number">{r.number.clone()}</dd></div>
                <div><dt>{lang.pick("查询码", "Code")}</dt><dd data-testid="code">{r.code.clone()}</dd></div>
            </dl>
        }
    };
    let title = lang.pick("已收到", "Received");
    let first = receipts.first().cloned();
    let content = view! {
        <div class="receipt">
            <h1>{title}</h1>
            {receipts.iter().map(one).collect_view()}
        </div>
        <section class="card form">
            <p>
                <b>{lang.pick("请截屏或抄下编号和查询码。", "Make a picture of the number and the code, or write them down. ")}</b>
                {lang.pick("查看进度、补充情况、撤回、评价都要用到,系统不会再次显示。", "You need them to follow it, add to it, take it back or rate it; they are not shown again.")}
            </p>
            {pictures.twice.then(|| view! {
                <p>{lang.pick("这张表单此前已经提交过,没有重复登记。", "This form was sent before: nothing was entered a second time.")}</p>
            })}
            {pictures.text(lang).map(|t| view! { <p data-testid="pictures">{t}</p> })}
            {first.map(|r| view! {
                <form method="post" action="/case">
                    <input type="hidden" name="number" value=r.number/>
                    <input type="hidden" name="code" value=r.code/>
                    {reading.fields()}
                    <button type="submit">{lang.pick("查看办理进度", "See how it goes on")}</button>
                </form>
            })}
        </section>
    };
    document(reading, title, "/case", content)
}

/// The page that asks for a number and its code.
#[must_use]
pub fn ask(reading: Reading, number: &str, wrong: Option<Text>) -> String {
    let lang = reading.lang;
    let title = lang.pick("查看办理进度", "See how it goes on");
    let content = view! {
        <form class="card form" method="post" action="/case">
            <h1>{title}</h1>
            {wrong.map(|w| view! { <p class="bad" role="alert">{lang.text(w)}</p> })}
            {reading.fields()}
            <label for="number">{lang.pick("编号", "Number")}</label>
            <input type="text" id="number" name="number" value=number.to_owned() maxlength="40" autocomplete="off" required placeholder="TS20261122-000017"/>
            <label for="code">{lang.pick("查询码", "Code")}</label>
            <input type="text" id="code" name="code" maxlength="40" autocomplete="off" required/>
            <button type="submit">{lang.pick("查询", "Look up")}</button>
        </form>
        <p class="foot"><a href=reading.at("/complain")>{lang.pick("我要投诉、举报、建议、报修", "Complain, report, suggest, repair")}</a></p>
    };
    document(reading, title, "/case", content)
}

/// A case that was looked up.
#[derive(Clone, Debug)]
pub struct Followed<'a> {
    /// How it is read.
    pub reading: Reading,
    /// The case.
    pub page: &'a FollowPage,
    /// Its code, for what is done with it.
    pub code: &'a str,
    /// Previews of its pictures, as addresses that hold them.
    pub previews: Vec<String>,
    /// What came of what was done last.
    pub told: Option<Text>,
    /// What is wrong with what was entered last.
    pub faults: Vec<Fault>,
    /// What became of the pictures that came with it.
    pub photos: Photos,
    /// What was entered last.
    pub values: Values,
    /// Key of what is added next, so that it is taken once.
    pub key: String,
    /// Now, ms.
    pub now: i64,
}

/// The words of a state for whoever brought it.
fn meaning(state: State) -> Text {
    match state {
        State::Received => t("正在核对,将在期限内答复您。", "It is being looked at; you are answered within the term."),
        State::Accepted | State::Mediating => t("已受理,正在处理。", "It was accepted and is dealt with."),
        State::HandedOver | State::Transferred => {
            t("已转有权处理的部门。", "It was handed to the authority that can deal with it.")
        }
        State::Withdrawn => t("您已撤回。", "You took it back."),
        _ => t("处理结果见下面的经过。", "What came of it stands below."),
    }
}

fn clock_line(lang: Lang, k: &Running, now: i64) -> String {
    let name = lang.text(k.clock.text());
    match k.due {
        Some(due) => {
            let late = if now > due { lang.pick("(已超期)", " (overdue)") } else { "" };
            lang.pick(
                format!("{name}:{} 前{late}", clock::local_text(due)),
                format!("{name}: by {}{late}", clock::local_text(due)),
            )
        }
        None => lang.pick(format!("{name}:已暂停计时"), format!("{name}: held up")),
    }
}

fn word_of(lang: Lang, s: &Step) -> Option<String> {
    let choice = s.act.choice();
    let found = if s.act == Act::Pause { Hold::from_code(&s.word).map(Hold::text) } else { choice.text(&s.word) };
    found.map(|t| lang.text(t).to_owned())
}

fn step(lang: Lang, s: &Step) -> impl IntoView + use<> {
    let more = [word_of(lang, s), Some(s.with.clone()).filter(|w| !w.is_empty())];
    let more: Vec<String> = more.into_iter().flatten().collect();
    view! {
        <li>
            <b>{lang.text(s.act.text())}</b>" "<time>{clock::local_text(s.at)}</time>
            {(!more.is_empty()).then(|| view! { <div>{more.join(" · ")}</div> })}
            {(!s.note.is_empty()).then(|| view! { <q>{s.note.clone()}</q> })}
        </li>
    }
}

/// The page of a case for whoever brought it.
#[must_use]
pub fn followed(f: &Followed<'_>) -> String {
    let lang = f.reading.lang;
    let p = f.page;
    let title = lang.text(p.track.text());
    let content = view! {
        <div class="state">
            <p class="word">{lang.text(p.state.text())}</p>
            <h1>{format!("{} {}", lang.text(p.track.text()), p.number)}</h1>
            <p>{lang.text(meaning(p.state))}</p>
        </div>
        {f.told.map(|w| view! { <p class="notice" role="status">{lang.text(w)}</p> })}
        {(!f.faults.is_empty() || f.photos.are_wrong()).then(|| view! {
            <p class="card bad" role="alert">
                {lang.pick("没有提交:请修改后重试。", "Not sent: mend it and try again. ")}
                {f.photos.told(lang)}
            </p>
        })}
        {lost(f)}
        <section class="card">
            <h2>{p.title.clone()}</h2>
            <p class="soft">{lang.pick(format!("提交时间 {}", clock::local_text(p.received_at)), format!("Sent {}", clock::local_text(p.received_at)))}</p>
            {p.clocks.iter().map(|k| view! { <p>{clock_line(lang, k, f.now)}</p> }).collect_view()}
            {(!p.twin.is_empty()).then(|| view! { <p class="soft">{lang.pick(format!("同时登记的另一件:{}", p.twin), format!("The other one entered with it: {}", p.twin))}</p> })}
            {(!f.previews.is_empty()).then(|| view! {
                <p class="photos">
                    {f.previews.iter().map(|src| view! { <img src=src.clone() alt=lang.pick("您附上的照片", "A picture that you attached")/> }).collect_view()}
                </p>
            })}
        </section>
        <section class="card">
            <h2>{lang.pick("办理经过", "What was done")}</h2>
            <ol class="steps">{p.steps.iter().map(|s| step(lang, s)).collect_view()}</ol>
        </section>
        {p.acts.iter().map(|a| act(f, *a)).collect_view()}
        {(p.rating > 0).then(|| view! {
            <p class="card">{lang.pick("您的评价:", "You said: ")}{Rating::from_code(&p.rating.to_string()).map(|r| lang.text(r.text()))}</p>
        })}
        <p class="foot">{lang.pick(format!("查询时间 {}", clock::local_text(f.now)), format!("Asked at {}", clock::local_text(f.now)))}</p>
    };
    document(f.reading, title, "/case", content)
}

/// What was typed into a form that is not there any more, because something was done meanwhile.
fn lost(f: &Followed<'_>) -> Option<impl IntoView + use<>> {
    let lang = f.reading.lang;
    let act = f.values.get("act").and_then(|a| Act::from_code(a))?;
    let note = f.values.get("note").filter(|n| !n.trim().is_empty() && !f.page.acts.contains(&act))?;
    Some(view! {
        <section class="card form">
            <label for="lost">{lang.pick("您刚才填写的内容(没有提交)", "What you typed (it was not sent)")}</label>
            <textarea id="lost" rows="3" readonly inner_html=lines(note)></textarea>
        </section>
    })
}

/// The page that says that nothing can be done with a case at the moment, with what was entered, to be sent again.
#[must_use]
pub fn held(reading: Reading, why: Text, values: &Values, pictures: &Photos) -> String {
    let lang = reading.lang;
    let title = lang.pick("请稍后再试", "Try again later");
    let of = |name: &str| {
        let given = values.get(name).map(String::as_str).unwrap_or_default();
        given.chars().filter(|c| !c.is_control()).take(64).collect::<String>()
    };
    let hidden = ["act", "word", "seen", "key"].into_iter().filter(|n| values.contains_key(*n)).map(|n| {
        view! { <input type="hidden" name=n value=of(n)/> }
    });
    // What goes with a case can be chosen here: sent again as it is, it would be taken without the pictures that could not be kept.
    let supplies = values.get("act").map(String::as_str) == Some(Act::Supply.code());
    let kept = pictures.held.iter().map(|h| view! { <input type="hidden" name="kept" value=h.word.clone()/> });
    let kept = (!supplies).then(|| kept.collect_view());
    let chosen = supplies.then(|| photos(lang, pictures));
    let note = values.get("note").map(|n| {
        view! {
            <label for="note">{lang.pick("您填写的内容", "What you entered")}</label>
            <textarea id="note" name="note" rows="3" maxlength=NOTE_MAX.to_string() inner_html=lines(n)></textarea>
        }
    });
    let content = view! {
        <form class="card form" method="post" action="/case" enctype=supplies.then_some("multipart/form-data")>
            <h1>{title}</h1>
            <p class="bad" role="alert">{lang.text(why)} " " {supplies.then(|| pictures.told(lang)).flatten()}</p>
            {hidden.collect_view()}
            {kept}
            {reading.fields()}
            <label for="number">{lang.pick("编号", "Number")}</label>
            <input type="text" id="number" name="number" value=of("number") maxlength="40" autocomplete="off" required/>
            <label for="code">{lang.pick("查询码", "Code")}</label>
            <input type="text" id="code" name="code" value=of("code") maxlength="40" autocomplete="off" required/>
            {note}
            {chosen}
            <button type="submit">{lang.pick("重试", "Try again")}</button>
        </form>
    };
    document(reading, title, "/case", content)
}

/// What whoever brought it can do now.
fn act(f: &Followed<'_>, act: Act) -> AnyView {
    let lang = f.reading.lang;
    let hidden = view! {
        <input type="hidden" name="number" value=f.page.number.clone()/>
        <input type="hidden" name="code" value=f.code.to_owned()/>
        <input type="hidden" name="seen" value=f.page.version.to_string()/>
        <input type="hidden" name="act" value=act.code()/>
        {f.reading.fields()}
    };
    let sent = f.values.get("act").map(String::as_str) == Some(act.code());
    let note = if sent { f.values.get("note").cloned().unwrap_or_default() } else { String::new() };
    let wrong = |name: &str| {
        let found = f.faults.iter().find(|x| sent && x.field == name);
        found.map(|x| view! { <p class="bad">{lang.pick(x.zh.clone(), x.en.clone())}</p> })
    };
    let id = format!("note-{}", act.code());
    let none = Photos::default();
    match act {
        Act::Supply => view! {
            <form class="card form" method="post" action="/case" enctype="multipart/form-data">
                <h2>{lang.pick("补充情况或照片", "Add to it")}</h2>
                {hidden}
                <input type="hidden" name="key" value=f.key.clone()/>
                <label for=id.clone()>{lang.pick("补充说明", "What you want to add")}</label>
                <textarea id=id.clone() name="note" rows="3" maxlength=NOTE_MAX.to_string() required inner_html=lines(&note)></textarea>
                {wrong("note")}
                {photos(lang, if sent { &f.photos } else { &none })}
                <button type="submit">{lang.pick("提交补充", "Send")}</button>
            </form>
        }
        .into_any(),
        Act::Withdraw => view! {
            <details class="card form">
                <summary>{lang.pick("撤回这件", "Take it back")}</summary>
                <form method="post" action="/case" class="form">
                    {hidden}
                    <p>{lang.pick("撤回后不能恢复,需要时请重新提交。", "This cannot be undone: send it anew where you need to.")}</p>
                    <label for=id.clone()>{lang.pick("撤回原因", "Why")}</label>
                    <textarea id=id.clone() name="note" rows="2" maxlength=NOTE_MAX.to_string() required inner_html=lines(&note)></textarea>
                    {wrong("note")}
                    <button type="submit" class="second">{lang.pick("确认撤回", "Take it back")}</button>
                </form>
            </details>
        }
        .into_any(),
        Act::Rate => {
            let choice = |r: &Rating| {
                view! { <label class="tick"><input type="radio" name="word" value=r.code() required/>{lang.text(r.text())}</label> }
            };
            view! {
                <form class="card form" method="post" action="/case">
                    <fieldset>
                        <legend>{lang.pick("您对办理满意吗?", "How content are you?")}</legend>
                        {Rating::ALL.iter().map(choice).collect_view()}
                    </fieldset>
                    {hidden}
                    {wrong("word")}
                    <label for=id.clone()>{lang.pick("意见(可不填)", "In words (if you like)")}</label>
                    <textarea id=id.clone() name="note" rows="2" maxlength=NOTE_MAX.to_string() inner_html=lines(&note)></textarea>
                    <button type="submit">{lang.pick("提交评价", "Send")}</button>
                </form>
            }
            .into_any()
        }
        _ => ().into_any(),
    }
}

/// A page that says that it cannot be done now, and why.
#[must_use]
pub fn later(reading: Reading, why: Text) -> String {
    let lang = reading.lang;
    let title = lang.pick("请稍后再试", "Try again later");
    let content = view! {
        <section class="card form"><h1>{title}</h1><p>{lang.text(why)}</p></section>
        <p class="foot"><a href=reading.at("/complain")>{lang.pick("返回", "Back")}</a></p>
    };
    document(reading, title, "/complain", content)
}
