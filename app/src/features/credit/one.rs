//! `/credit/:org`: why an organisation has its grade, point by point, and what would mend it.

use super::{Shown, credit_one, spec};
use crate::{
    error::AppError,
    kit::{
        detail::{Detail, Section, or_none},
        list::Tone,
        page, table, told,
    },
    lang::{Lang, tr},
};
use domain::{
    clock,
    credit::{DimensionLine, Effect, EntryAct, NOTE_MAX, Origin, Point, Turned, points},
    list::encode,
    org::Kind,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    let org = move || params.with(|p| p.get("id").and_then(|n| n.parse::<i64>().ok())).unwrap_or_default();
    let one = Resource::new_blocking(org, credit_one);
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("信用评价", "Credit"), org(), tr("瓶迹", "Pingji")))}
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match one.await {
                    Ok(s) => view(&s),
                    Err(AppError::NotFound) => page::notice(
                        "empty",
                        tr("没有这个单位的评价", "No such rating").into(),
                        tr("只有充装、检验等单位和软硬件厂商参与评价。", "Fillers, inspection agencies and makers are rated.").into(),
                    ),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn view(s: &Shown) -> AnyView {
    let lang = Lang::current();
    let line = &s.page.line;
    let mut badges = vec![
        (spec::tone(line.grade), lang.text(line.grade.text()).to_owned()),
        (Tone::Plain, format!("{} {}", points(line.score), tr("分", "points"))),
        (Tone::Plain, spec::trend(line, lang)),
    ];
    if line.veto {
        badges.push((Tone::Bad, tr("一票否决", "veto").to_owned()));
    }
    let mut actions = vec![(format!("/orgs/{}", line.org), tr("单位信息", "The organisation"))];
    if s.may_edit {
        actions.push((format!("/credit/new?org={}", line.org), tr("登记扣分", "Enter a point")));
    }
    actions.push((format!("/credit/appeals?org={}", line.org), tr("申诉记录", "Appeals")));
    let section = |id, title, note, content| Section { id, title, note, content };
    let mut sections = vec![];
    if let Some(how) = mend(s) {
        sections.push(section("mend", tr("怎样提高等级", "What would mend it"), String::new(), how));
    }
    sections.push(section(
        "dimensions",
        tr("各项得分", "Points by dimension"),
        format!("{} {}", tr("规则版本", "rules, version"), s.page.version),
        dimensions(&s.page.dimensions),
    ));
    let note = if s.page.more { tr("仅列最近的", "the latest only").to_owned() } else { String::new() };
    sections.push(section("points", tr("扣分明细", "Every point"), note, all_points(s)));
    sections.push(section(
        "curve",
        tr("近十二个月", "The last twelve months"),
        tr("按现行规则计算", "under the rules in force").to_owned(),
        curve(&s.page.curve),
    ));
    sections.push(section(
        "effects",
        tr("等级的影响", "What the grade changes"),
        tr("由监管人员执行,系统不自动处置", "officers do it; the system does none of it").to_owned(),
        effects(&s.page.effects),
    ));
    sections.push(section("turned", tr("等级变动", "How the grade changed"), String::new(), turned(&s.page.turned)));
    let kind = Kind::from_code(&line.kind).map_or("", |k| lang.text(k.text()));
    Detail { kind, code: line.name.clone(), badges, actions, aside: None, sections }.view()
}

fn name(p: &(String, String)) -> String {
    Lang::current().pick(p.0.clone(), p.1.clone())
}

/// The fewest that are to be closed for the next grade.
fn mend(s: &Shown) -> Option<AnyView> {
    let lang = Lang::current();
    let w = s.what_if.as_ref()?;
    let grade = lang.text(w.grade.text());
    let one = |p: &Point| {
        let what = format!("{} · {}", name(&p.name), p.day);
        let what = match &p.event {
            Some(href) => view! { <a href=href.clone()>{what}</a> }.into_any(),
            None => what.into_any(),
        };
        view! { <li>{what} " (" {points(p.cost)} " " {tr("分", "points")} ")"</li> }
    };
    let close = if w.close.is_empty() {
        view! { <p>{lang.pick(format!("仅靠整改现有问题还不能达到 {grade}。"), format!("Closing what is open does not lead to {grade} by itself."))}</p> }.into_any()
    } else {
        let n = w.close.len();
        let text = lang.pick(
            format!("完成以下 {n} 项整改,即为 {grade}({} 分):", points(w.score)),
            format!("Close these {n} and it is {grade} ({} points):", points(w.score)),
        );
        view! { <p data-testid="what-if">{text}</p><ul class="links">{w.close.iter().map(one).collect_view()}</ul> }
            .into_any()
    };
    let alone = match s.alone {
        Some(day) => lang.pick(
            format!("若不再新增扣分,{day} 起自然恢复到 {grade}。"),
            format!("With nothing new it is {grade} by itself from {day} on."),
        ),
        None => {
            lang.pick(format!("不整改则长期达不到 {grade}。"), format!("With nothing done it does not become {grade}."))
        }
    };
    Some(view! { {close} <p>{alone}</p> }.into_any())
}

fn dimensions(all: &[DimensionLine]) -> AnyView {
    let lang = Lang::current();
    let one = |d: &DimensionLine| {
        let items = d.items.iter().map(|i| {
            let veto = if i.veto { tr("(一票否决)", " (veto)") } else { "" };
            format!("{} ×{}: −{}{veto}", name(&i.name), i.facts, points(i.taken))
        });
        let items: Vec<String> = items.collect();
        vec![
            lang.text(d.dimension.text()).into_any(),
            view! { <meter min="0" max=d.of.to_string() value=d.left.to_string() aria-label=points(d.left)></meter> }
                .into_any(),
            format!("{} / {}", points(d.left), points(d.of)).into_any(),
            or_none(&items.join(lang.pick(";", "; "))).into_any(),
        ]
    };
    let columns = [
        (tr("方面", "Dimension"), ""),
        (tr("程度", "How much"), ""),
        (tr("得分", "Points"), "num"),
        (tr("扣分原因", "What was taken"), "detail"),
    ];
    table::table(tr("各项得分", "Points by dimension"), "dimensions", &columns, all.iter().map(one).collect())
}

fn all_points(s: &Shown) -> AnyView {
    let lang = Lang::current();
    if s.page.points.is_empty() {
        return view! { <p>{tr("没有扣分", "Nothing was taken")}</p> }.into_any();
    }
    let one = |p: &Point| {
        let title = name(&p.name);
        let what = match &p.event {
            Some(href) => view! { <a href=href.clone()>{title}</a> }.into_any(),
            None => title.into_any(),
        };
        let cost = if p.veto {
            format!("−{} {}", points(p.cost), tr("(一票否决)", "(veto)"))
        } else {
            format!("−{}", points(p.cost))
        };
        let fades = match (p.closed, p.fades) {
            (_, Some(day)) => day.to_string(),
            (Some(_), None) => or_none(""),
            (None, None) => tr("持续至整改", "until it is put right").to_owned(),
        };
        let state = match p.closed {
            Some(day) => format!("{} {day}", tr("已整改", "closed")).into_any(),
            None if p.point.origin == Origin::Entry && s.may_edit => close(p.point.no),
            None if p.repair > 0 => {
                lang.pick(format!("整改可恢复 {}%", p.repair), format!("closing gives {} % back", p.repair)).into_any()
            }
            None => or_none("").into_any(),
        };
        let appeal = match (&p.appeal, s.may_appeal) {
            (Some((id, state)), _) => {
                view! { <a href=format!("/credit/appeals/{id}")>{lang.text(state.text())}</a> }.into_any()
            }
            (None, true) => {
                let href = format!("/credit/appeal?point={}", encode(&p.point.to_string()));
                view! { <a href=href>{tr("申诉", "Appeal")}</a> }.into_any()
            }
            (None, false) => or_none("").into_any(),
        };
        vec![
            p.day.to_string().into_any(),
            what,
            cost.into_any(),
            format!("{} {}", p.source, p.clause).into_any(),
            state,
            fades.into_any(),
            appeal,
        ]
    };
    let columns = [
        (tr("日期", "Day"), "when"),
        (tr("事实", "What happened"), ""),
        (tr("扣分", "Points"), "num"),
        (tr("依据", "Clause"), "detail"),
        (tr("整改", "Closed"), ""),
        (tr("不再计入", "Fades on"), "when"),
        (tr("申诉", "Appeal"), "kind"),
    ];
    table::table(tr("扣分明细", "Every point"), "points", &columns, s.page.points.iter().map(one).collect())
}

/// What a regulator entered can be closed or withdrawn where it stands.
fn close(entry: i64) -> AnyView {
    let lang = Lang::current();
    let id = format!("close-{entry}");
    let button = |a: &EntryAct| {
        let quiet = if *a == EntryAct::Withdraw { "quiet" } else { "" };
        view! { <button type="submit" name="act" value=a.code() class=quiet>{lang.text(a.text())}</button> }
    };
    view! {
        <details>
            <summary>{tr("处理", "Close")}</summary>
            <form method="post" action="/api/fn/credit_entry_act" class="handle">
                <input type="hidden" name="id" value=entry.to_string()/>
                <label for=id.clone()>{tr("说明(必填)", "Reason (needed)")}</label>
                <input id=id.clone() type="text" name="note" maxlength=NOTE_MAX.to_string() required/>
                <p class="act">{EntryAct::ALL.iter().map(button).collect_view()}</p>
            </form>
        </details>
    }
    .into_any()
}

fn curve(all: &[(chrono::NaiveDate, i64)]) -> AnyView {
    let one = |(day, score): &(chrono::NaiveDate, i64)| {
        vec![
            day.to_string().into_any(),
            view! { <meter min="0" max="100000" value=score.to_string() aria-label=points(*score)></meter> }.into_any(),
            points(*score).into_any(),
        ]
    };
    let columns = [(tr("日期", "Day"), "when"), (tr("程度", "How much"), ""), (tr("得分", "Points"), "num")];
    table::table(tr("近十二个月", "The last twelve months"), "curve", &columns, all.iter().map(one).collect())
}

fn effects(all: &[Effect]) -> AnyView {
    if all.is_empty() {
        return view! { <p>{tr("没有额外影响", "Nothing")}</p> }.into_any();
    }
    let one = |e: &Effect| {
        let unconfirmed = if e.confirmed { "" } else { tr("(待确认)", " (to be confirmed)") };
        view! { <li>{e.text.clone()} " · " {e.source.clone()} {unconfirmed}</li> }
    };
    view! { <ul class="links">{all.iter().map(one).collect_view()}</ul> }.into_any()
}

fn turned(all: &[Turned]) -> AnyView {
    let lang = Lang::current();
    let one = |t: &Turned| {
        let was = t.was.map(|g| format!("{} → ", lang.text(g.text()))).unwrap_or_default();
        view! {
            <li>
                <time>{clock::local_text(t.at)}</time> " " <strong>{was}{lang.text(t.is.text())}</strong> " "
                {points(t.score)} " " {tr("分", "points")}
            </li>
        }
    };
    view! { <ol class="steps">{all.iter().map(one).collect_view()}</ol> }.into_any()
}
