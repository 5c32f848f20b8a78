//! `/cylinders/:code`: one cylinder, judged at a day.

use super::{cylinder_detail, missing, spec};
use crate::{
    error::AppError,
    features::history,
    kit::{
        detail::{Detail, Section, facts, or_none},
        format,
        list::Tone,
        page,
    },
    lang::{Lang, tr},
};
use domain::{
    archive::{CylinderPage, GateSays},
    gate::Decision,
    headline::inspection_words,
    ledger::flag,
    list::encode,
    outcome::Reason,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let code = move || params.with(|p| p.get("code")).unwrap_or_default();
    let as_of = move || query.with(|q| q.get("as_of")).unwrap_or_default();
    let asked = Memo::new(move |_| (code(), as_of()));
    let detail = Resource::new_blocking(
        move || asked.get(),
        |(code, as_of)| async move { (cylinder_detail(code.clone(), as_of).await, code) },
    );
    let content = view! {
        {page::title(move || format!("{} · {} · {}", code(), tr("钢瓶", "Cylinder"), tr("瓶迹", "Pingji")))}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                let (answer, code) = detail.await;
                outcome(answer, &code)
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn outcome(answer: Result<Option<CylinderPage>, AppError>, code: &str) -> AnyView {
    match answer {
        Ok(Some(cylinder)) => view(&cylinder),
        Ok(None) => missing(code),
        Err(why) => page::failed(&why),
    }
}

fn view(c: &CylinderPage) -> AnyView {
    let lang = Lang::current();
    let line = &c.line;
    let headline = line.headline();
    let word = lang.pick(headline.zh(), headline.en());
    let mut badges = vec![
        (spec::tone(headline), word.to_owned()),
        (Tone::Plain, lang.pick(line.custody.zh(), line.custody.en()).to_owned()),
    ];
    // A flag that says what the headline says is not repeated.
    let flags =
        flag::SHOWN.iter().filter(|f| line.flags & f.0 != 0).map(|f| lang.pick(f.1, f.2)).filter(|f| *f != word);
    badges.extend(flags.map(|f| (Tone::Warn, f.to_owned())));
    if line.demo {
        badges.push((Tone::Warn, tr("演示数据", "DEMO").to_owned()));
    }
    let code = if line.tag.is_empty() { line.stamp_no.clone() } else { line.tag.clone() };
    let at = format!("/cylinders/{}", encode(&code));
    let count = c.history.rows.len();
    let breaks = c.history.rows.iter().filter(|r| !r.breaks.is_empty()).count();
    let sections = vec![
        Section { id: "facts", title: tr("档案", "File"), note: String::new(), content: file(c) },
        Section {
            id: "gate",
            title: tr("现在能否充装", "Could it be filled now"),
            note: String::new(),
            content: gate(c),
        },
        Section { id: "tags", title: tr("标签", "Tags"), note: String::new(), content: tags(c) },
        Section {
            id: "timeline",
            title: tr("生命轨迹", "Its life"),
            note: history::summary(count, breaks),
            content: history::timeline(&c.history.rows),
        },
    ];
    let mut actions = vec![
        (format!("{at}/trace"), tr("钢瓶轨迹", "Trace")),
        (format!("{at}/history"), tr("钢瓶历史跟踪表", "History sheet")),
        (format!("{at}/checks"), tr("安检记录", "Checks")),
    ];
    if c.may_edit {
        actions.push((format!("/cylinders/edit?cylinder={}", encode(&code)), tr("变更档案", "Put the file right")));
    }
    if c.may_bind {
        let bind = format!("/tags/bind?cylinder={}", encode(&line.tag));
        actions.push((bind, tr("绑定或更换标签", "Bind or replace a tag")));
        actions.push((format!("/labels?code={}", encode(&line.tag)), tr("打印标签", "Print its label")));
    }
    Detail { kind: tr("钢瓶", "Cylinder"), code, badges, actions, aside: Some(judged_at(&at, c)), sections }.view()
}

/// The day it is judged at, to be changed: what follows from dates follows from this one.
fn judged_at(path: &str, c: &CylinderPage) -> AnyView {
    view! {
        <form class="as-of" method="get" action=path.to_owned()>
            <label class="field">
                <span>{tr("判定日期", "Judged at")}</span>
                <input type="date" name="as_of" value=c.as_of.to_string() required/>
            </label>
            <button type="submit" class="button">{tr("按此日判定", "Judge at this day")}</button>
            {c.gate.is_none().then(|| view! { <a href=path.to_owned()>{tr("回到今天", "Back to today")}</a> })}
        </form>
    }
    .into_any()
}

fn file(c: &CylinderPage) -> AnyView {
    let (line, h, lang) = (&c.line, &c.history, Lang::current());
    let (b_zh, b_en) = inspection_words(line.inspection, line.custody, line.flags);
    let date = |d: Option<chrono::NaiveDate>| or_none(&d.map(|d| d.to_string()).unwrap_or_default());
    let kilos = |g: Option<i64>| or_none(&g.map(|g| format!("{} kg", format::thousandths(g, 1))).unwrap_or_default());
    facts(vec![
        (tr("钢印号", "Stamped no."), or_none(&line.stamp_no)),
        (tr("出厂编号", "Serial no."), or_none(&line.serial_no)),
        (tr("产权单位", "Owner"), or_none(&line.org)),
        (tr("所属站点", "Home station"), or_none(&c.home)),
        (tr("当前位置", "Present place"), or_none(&line.place)),
        (tr("档案状态", "File"), lang.pick(line.file.zh(), line.file.en()).to_owned()),
        (tr("检验状态", "Inspection"), lang.pick(b_zh, b_en).to_owned()),
        (tr("充装介质", "Medium"), or_none(lang.pick(&line.medium, &line.medium_en))),
        (tr("规格", "Model"), or_none(&line.model)),
        (tr("制造单位", "Maker"), or_none(&line.maker)),
        (tr("出厂日期", "Made"), or_none(&line.made)),
        (tr("上次检测", "Last inspection"), or_none(&line.inspected)),
        (tr("下次检测", "Next inspection"), date(h.next_due)),
        (tr("报废日期", "End of life"), date(h.life_end)),
        (tr("已检次数", "Inspections"), c.inspections.to_string()),
        (tr("自重", "Tare"), kilos(h.tare_g)),
        (tr("最大充装量", "Maximum fill"), kilos(c.max_fill_g)),
        (
            tr("容积", "Volume"),
            or_none(&h.volume_ml.map(|v| format!("{} L", format::thousandths(v, 1))).unwrap_or_default()),
        ),
        (tr("阀类型", "Valve"), or_none(&c.valve)),
        (tr("存疑", "Doubts"), or_none(&c.doubts.join("; "))),
    ])
}

fn gate(c: &CylinderPage) -> AnyView {
    let Some(says) = &c.gate else {
        return view! {
            <p class="quiet">
                {tr(
                    "充装闸只判断当前:请选择今天;所属站点须有此介质的充装枪。",
                    "The gate judges the present: choose today; the home station needs a gun for this medium.",
                )}
            </p>
        }
        .into_any();
    };
    gate_says(says)
}

/// What the gate says or would say, with its reasons.
pub(crate) fn gate_says(GateSays { station, gun, verdict }: &GateSays) -> AnyView {
    let (tone, word) = match verdict.decision {
        Decision::Allow => (Tone::Ok, tr("允许充装", "It would be filled")),
        Decision::Warn => (Tone::Warn, tr("警告后充装", "It would be filled, with a warning")),
        Decision::Block => (Tone::Bad, tr("拒绝充装", "It would be refused")),
    };
    let at = format!("{station} · {} {gun}", tr("枪", "gun"));
    view! {
        <div class="gate-says" data-testid="gate">
            <p><span class=format!("badge {}", tone.class())>{word}</span> " " <span class="quiet">{at}</span></p>
            <ul>{verdict.reasons.iter().map(|r| reason(*r)).collect_view()}</ul>
        </div>
    }
    .into_any()
}

/// A reason with its remedy, rule and source.
pub(crate) fn reason(r: Reason) -> AnyView {
    let (lang, info) = (Lang::current(), r.info());
    view! {
        <li>
            <strong>{lang.text(info.text)}</strong>
            <span>{lang.text(info.remedy)}</span>
            <small>{format!("{} · {} · {}", r.code(), info.rule, info.source)}</small>
        </li>
    }
    .into_any()
}

fn tags(c: &CylinderPage) -> AnyView {
    if c.tags.is_empty() {
        return view! { <p class="quiet">{tr("没有绑定标签", "No tag leads to it")}</p> }.into_any();
    }
    let lang = Lang::current();
    let tags = c.tags.iter().map(|t| {
        let code = encode(&t.code);
        let acts = (c.may_bind && t.bound).then(|| {
            let replace = format!("/tags/bind?cylinder={code}&replaces={code}&reason=damaged");
            let void = format!("/tags/void?tag={code}");
            view! { " " <a href=replace>{tr("换标", "Replace")}</a> " · " <a href=void>{tr("作废", "Void")}</a> }
        });
        view! {
            <li>
                <span class="code">{t.code.clone()}</span> " " <small>{lang.pick(t.state.clone(), t.state_en.clone())}</small>
                {acts}
            </li>
        }
    });
    view! { <ul class="tags">{tags.collect_view()}</ul> }.into_any()
}
