//! The answer to a scanned code (S0-51, S0-58B): a light, a sentence, facts. One document, its style with it; nothing is loaded beside it.

use super::frame::{self, Reading};
use crate::{features::cylinders, kit::format, lang::Lang};
use chrono::NaiveDate;
use domain::{
    clock,
    ledger::Custody,
    list::encode,
    outcome::Text,
    scan::{self, Light, Scan, Signed},
};
use leptos::prelude::*;

/// What somebody from the office or a station sees beside what everybody does: within his own scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// 流转状态
    pub custody: Custody,
    /// Station at which it was met last.
    pub place: String,
    /// 异常原因, Chinese and English.
    pub faults: Vec<(&'static str, &'static str)>,
}

/// What a code led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// No code was asked about yet.
    Ask,
    /// One cylinder, and what its viewer may see beside.
    One(Box<Scan>, Option<Beside>),
    /// Several bear the number.
    Several,
    /// None is known.
    Nothing,
    /// Too much was asked; again after so many seconds.
    Later(u64),
    /// The record does not answer.
    Down,
}

/// How a page is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// How it is read.
    pub reading: Reading,
    /// The code as it was asked for.
    pub code: String,
    /// The token that came with it, if it was good.
    pub token: Option<String>,
    /// Now, ms.
    pub now: i64,
}

/// The document.
#[must_use]
pub fn document(asked: &Asked, answer: &Answer) -> String {
    let lang = asked.reading.lang;
    let tr = |zh, en| lang.pick(zh, en);
    let (light, sentence) = said(answer);
    let word = match answer {
        Answer::Ask => tr("扫码查气瓶", "Check a cylinder"),
        _ => light.map_or(tr("暂无结果", "No answer"), |l| lang.text(l.word())),
    };
    let class = light.map_or_else(|| "light".to_owned(), |l| format!("light {}", l.code()));
    let sign = light.map(|l| match l {
        Light::Green => "✓",
        Light::Yellow => "!",
        Light::Red => "✕",
    });
    let further: Vec<&str> = match answer {
        Answer::One(s, _) => s.further().map(|t| lang.text(t)).collect(),
        _ => vec![],
    };
    let demo = matches!(answer, Answer::One(s, _) if s.demo);
    let content = view! {
        {demo.then(|| view! { <p class="demo">{tr("演示数据,不对应真实气瓶", "Demonstration data, no real cylinder")}</p> })}
        <div class=class id="said">
            <p class="word">
                {sign.map(|s| view! { <span class="sign" aria-hidden="true">{s}</span> })}
                {word}
            </p>
            <h1>{lang.text(sentence)}</h1>
            {(!further.is_empty()).then(|| view! { <ul>{further.into_iter().map(|f| view! { <li>{f}</li> }).collect_view()}</ul> })}
        </div>
        {body(asked, answer)}
    };
    let path = if asked.code.is_empty() { "/q".to_owned() } else { format!("/q/{}", encode(&asked.code)) };
    let here = asked.token.as_ref().map_or_else(|| path.clone(), |k| format!("{path}?k={k}"));
    let page = frame::Page {
        reading: asked.reading,
        title: word,
        here: &here,
        aloud: light.is_some(),
        style: frame::STYLE,
        shared: None,
    };
    frame::document(page, content)
}

/// Light and sentence of an answer.
fn said(answer: &Answer) -> (Option<Light>, Text) {
    match answer {
        Answer::Ask => (
            None,
            Text {
                zh: "用手机扫描瓶身上的二维码,或在下面输入编码。",
                en: "Scan the code on the cylinder with your phone, or enter it below.",
            },
        ),
        Answer::One(s, _) => (Some(s.light()), s.sentence()),
        Answer::Several => (Some(Light::Yellow), scan::SEVERAL),
        Answer::Nothing => (Some(Light::Red), scan::UNKNOWN),
        Answer::Later(_) => (
            None,
            Text {
                zh: "查询过于频繁,请稍后再试。扫描带防伪签名的二维码不受影响。",
                en: "Too much was asked from here: try again later. Signed labels are answered all the same.",
            },
        ),
        Answer::Down => (
            None,
            Text {
                zh: "系统暂时无法查询,请稍后再试。",
                en: "The record does not answer at the moment: try again later.",
            },
        ),
    }
}

fn body(asked: &Asked, answer: &Answer) -> AnyView {
    let tr = |zh, en| asked.reading.lang.pick(zh, en);
    match answer {
        Answer::One(s, beside) => one(asked, s, beside.as_ref()).into_any(),
        _ => view! {
            <form class="card ask" action="/q" method="get">
                <label for="code">{tr("标签号、钢印号或出厂编号", "Tag, stamped number or serial number")}</label>
                <input id="code" name="code" value=asked.code.clone() maxlength="200" autocomplete="off" required/>
                {asked.reading.fields()}
                <button>{tr("查询", "Check")}</button>
            </form>
            {matches!(answer, Answer::Nothing).then(|| view! {
                <p class="card">{tr("您查询的编码:", "You asked for: ")}<b>{asked.code.clone()}</b></p>
            })}
        }
        .into_any(),
    }
}

fn one(asked: &Asked, s: &Scan, beside: Option<&Beside>) -> impl IntoView + use<> {
    let lang = asked.reading.lang;
    let tr = move |zh, en| lang.pick(zh, en);
    let today = clock::local_date(asked.now);
    let day = move |d: Option<NaiveDate>, last: bool| {
        d.map(|d| {
            let late = last && d < today;
            let note = if late { tr("(已过)", " (past)") } else { "" };
            view! { <span class=if late { "late" } else { "" }>{format!("{}{note}", d.format("%Y-%m-%d"))}</span> }
        })
        .map_or_else(|| tr("未记录", "not on record").into_any(), IntoAny::into_any)
    };
    let text =
        |t: &str| if t.is_empty() { tr("未记录", "not on record").into_any() } else { t.to_owned().into_any() };
    let medium = match lang {
        Lang::Zh => s.medium.0.clone(),
        Lang::En => s.medium.1.clone(),
    };
    let what = if s.model.is_empty() { medium } else { format!("{medium} · {}", s.model) };
    let licence = lang.text(s.owner.licence.text());
    let licence = match s.owner.licence_until {
        Some(d) => format!("{licence}{}", lang.pick(format!("(至 {d})"), format!(" (until {d})"))),
        None => licence.to_owned(),
    };
    let insured = match s.owner.insured_until {
        Some(d) if d >= today => lang.pick(format!("有效(至 {d})"), format!("valid (until {d})")),
        Some(d) => lang.pick(format!("已过期({d})"), format!("expired ({d})")),
        None => lang.pick("未记录", "not on record").to_owned(),
    };
    let mut facts: Vec<(&str, AnyView)> = vec![
        (tr("标签号", "Tag"), text(&s.tag)),
        (tr("钢印号", "Stamped no."), text(&s.stamp_no)),
        (tr("介质规格", "Gas, size"), text(&what)),
    ];
    if let Some(more) = &s.signed {
        facts.push((tr("制造单位", "Maker"), text(&more.maker)));
        facts.push((tr("出厂日期", "Made"), text(&s.made)));
        facts.push((tr("上次检验", "Inspected"), text(&more.inspected)));
    }
    facts.push((tr("下次检验", "Next inspection"), day(s.due, true)));
    facts.push((tr("报废日期", "End of life"), day(s.life_end, true)));
    if let Some(more) = &s.signed {
        if let Some(there) = more.whereabouts {
            facts.push((tr("目前所在", "Now meant to be"), lang.text(there).into_any()));
        }
        facts.push((tr("最近充装", "Last filled"), filled(lang, more)));
    }
    let fact = |(name, value): (&'static str, AnyView)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let phone = s.owner.phone.clone();
    let call = (!phone.is_empty()).then(|| {
        let href = format!("tel:{}", phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect::<String>());
        view! { <a href=href>{format!("{} {phone}", tr("拨打订气、报修电话", "Call the filler"))}</a> }
    });
    let stages = s.signed.as_ref().filter(|m| !m.stages.is_empty()).map(|m| {
        let stage = |s: &scan::Stage| {
            view! { <li><b>{s.day.format("%Y-%m-%d").to_string()}</b>{format!("{} · {}", lang.pick(s.kind.zh(), s.kind.en()), s.station)}</li> }
        };
        view! {
            <section class="card"><h2>{tr("流转过程", "Its way")}</h2><ol class="way">{m.stages.iter().map(stage).collect_view()}</ol></section>
        }
    });
    let advice = scan::tips(s, today).into_iter().map(|t| view! { <li>{lang.text(t)}</li> }).collect_view();
    let unsigned = s.signed.is_none().then(|| view! { <p class="card soft">{lang.text(scan::UNSIGNED)}</p> });
    let beside = beside.map(|b| {
        let base = cylinders::address(&s.tag, &s.stamp_no);
        let faults: Vec<&str> = b.faults.iter().map(|f| lang.pick(f.0, f.1)).collect();
        let faults = if faults.is_empty() { tr("无", "none").to_owned() } else { faults.join(tr("、", ", ")) };
        view! {
            <section class="card">
                <h2>{tr("工作人员可见", "For staff")}</h2>
                <dl>
                    {fact((tr("流转状态", "Custody"), lang.pick(b.custody.zh(), b.custody.en()).into_any()))}
                    {fact((tr("最近地点", "Last met at"), text(&b.place)))}
                    {fact((tr("异常原因", "What is wrong"), faults.into_any()))}
                </dl>
                <p class="acts"><a class="second" href=base.clone()>{tr("打开气瓶档案", "Open its file")}</a></p>
                <p class="acts"><a class="second" href=format!("{base}/trace")>{tr("查看追溯", "Trace it")}</a></p>
            </section>
        }
    });
    let made = clock::local_text(asked.now);
    view! {
        {unsigned}
        <section class="card"><h2>{tr("这只气瓶", "This cylinder")}</h2><dl>{facts.into_iter().map(fact).collect_view()}</dl></section>
        <section class="card">
            <h2>{tr("产权单位", "Who answers for it")}</h2>
            <dl>
                {fact((tr("单位", "Filler"), text(&s.owner.name)))}
                {fact((tr("充装许可", "Licence"), licence.into_any()))}
                {fact((tr("责任保险", "Insurance"), insured.into_any()))}
            </dl>
            <div class="acts">{call}{bring(asked, s)}</div>
        </section>
        {stages}
        <section class="card"><h2>{tr("用气安全", "Using gas safely")}</h2><ul class="tips">{advice}</ul></section>
        {beside}
        <p class="foot">{lang.pick(format!("查询时间 {made}。数据由充装、检验单位上报,以瓶身钢印和实物为准。"), format!("Asked at {made}. As reported by fillers and inspection agencies; what is stamped on the cylinder counts."))}</p>
    }
}

/// What somebody who stands before it can do besides calling.
fn bring(asked: &Asked, s: &Scan) -> impl IntoView + use<> {
    let lang = asked.reading.lang;
    let tag = encode(if s.tag.is_empty() { &s.stamp_no } else { &s.tag });
    let other = encode(lang.pick("瓶身与查询结果不符", "This is not the cylinder in the answer"));
    let to = |rest: String| asked.reading.at(&format!("/complain?scan=1&tag={tag}{rest}"));
    view! {
        <a class="second" href=to("&track=repair".into())>{lang.pick("报修(可拍照)", "Ask for a repair, with pictures")}</a>
        <a class="second" href=to(format!("&track=report&title={other}"))>{lang.pick("这不是这只瓶", "This is not this cylinder")}</a>
        <a class="second" href=to(String::new())>{lang.pick("投诉、举报、建议", "Complain, report, suggest")}</a>
    }
}

fn filled(lang: Lang, more: &Signed) -> AnyView {
    match &more.fill {
        None => lang.pick("没有充装记录", "no fill on record").into_any(),
        Some(f) => {
            let day = clock::local_date(f.at).format("%Y-%m-%d");
            let kg = format::kg(f.net_g);
            lang.pick(format!("{day},净重 {kg} kg,{}", f.station), format!("{day}, net {kg} kg, {}", f.station))
                .into_any()
        }
    }
}
