//! `/rules`: what decides, row by row: value, source, clause, days in force, and whether the authority confirmed it (待确认); drafts
//! of other rules, and the history of versions.

#[cfg(feature = "ssr")]
mod act;
mod api;
mod change;
mod draft;
mod drafts;
mod effects;
mod figures;
mod moved;
mod row;
mod versions;

pub use api::{
    Effects, RuleDiff, RuleDraftAct, RuleDraftBegin, RuleDraftDecide, RuleDraftEffects, RuleDraftOne, RuleDrafts,
    RuleList, RuleMoved, RuleRowAsk, RuleRowDrop, RuleRowSave, RuleVersions, rule_diff, rule_draft_act,
    rule_draft_begin, rule_draft_decide, rule_draft_effects, rule_draft_one, rule_drafts, rule_list, rule_moved,
    rule_row_ask, rule_row_drop, rule_row_save, rule_versions,
};
pub use draft::page as draft_page;
pub use drafts::page as drafts_page;
pub use moved::page as moved_page;
pub use row::page as row_page;
pub use versions::page as versions_page;

use crate::{
    kit::{format, list::Tone, page, table, told::query_value, who},
    lang::{Lang, tr},
};
use api::RulesPage;
use domain::{
    permission::Permission,
    rules::{RuleKind, RuleRow},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    version: i64,
    kind: Option<RuleKind>,
    unconfirmed: bool,
    /// A draft for which a row is to be chosen.
    draft: i64,
}

impl Asked {
    fn address(&self) -> String {
        let version = (self.version != 0).then(|| format!("version={}", self.version));
        let kind = self.kind.map(|k| format!("kind={}", k.code()));
        let unconfirmed = self.unconfirmed.then(|| "unconfirmed=1".to_owned());
        let draft = (self.draft != 0).then(|| format!("draft={}", self.draft));
        let all: Vec<String> = [version, kind, unconfirmed, draft].into_iter().flatten().collect();
        if all.is_empty() { "/rules".into() } else { format!("/rules?{}", all.join("&")) }
    }

    fn takes(&self, r: &RuleRow) -> bool {
        self.kind.is_none_or(|k| k == r.kind) && !(self.unconfirmed && r.confirmed)
    }
}

/// `/rules`
#[must_use]
pub fn page() -> AnyView {
    let query = use_query_map();
    let asked = move || {
        query.with(|q| Asked {
            version: q.get("version").and_then(|v| v.parse().ok()).unwrap_or_default(),
            kind: q.get("kind").and_then(|k| RuleKind::from_code(&k)),
            unconfirmed: q.get("unconfirmed").is_some(),
            draft: q.get("draft").and_then(|v| v.parse().ok()).unwrap_or_default(),
        })
    };
    let rules = Resource::new_blocking(move || asked().version, rule_list);
    let content = view! {
        <Title text=tr("规则 · 瓶迹", "Rules · Pingji")/>
        <div class="title-row">
            <h1>{tr("规则", "Rules")}</h1>
            <span class="actions">{ways()}</span>
        </div>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || {
                let asked = asked();
                Suspend::new(async move {
                    match rules.await {
                        Ok(p) => shown(&p, &asked),
                        Err(crate::error::AppError::NotFound) => page::notice(
                            "empty",
                            tr("没有这个版本", "No such version").into(),
                            tr("请从当前版本进入。", "Begin at the present version.").into(),
                        ),
                        Err(why) => page::failed(&why),
                    }
                })
            }}
        </Transition>
    };
    page::page(content.into_any())
}

fn shown(p: &RulesPage, asked: &Asked) -> AnyView {
    let lang = Lang::current();
    let open = p.set.rows.iter().filter(|r| !r.confirmed).count();
    let state = if p.set.version == p.newest {
        lang.pick(format!("现行版本 {}", p.newest), format!("Version {}, in force", p.newest))
    } else {
        lang.pick(
            format!("历史版本 {}(现行为 {})", p.set.version, p.newest),
            format!("Version {} of the past ({} is in force)", p.set.version, p.newest),
        )
    };
    let older = (p.set.version > 1).then(|| {
        let at = Asked { version: p.set.version - 1, ..asked.clone() };
        view! { <a href=at.address()>{tr("上一版本", "The version before")}</a> }
    });
    let rows: Vec<Vec<AnyView>> =
        p.set.rows.iter().filter(|r| asked.takes(r)).map(|r| row_of(r, asked.draft)).collect();
    let columns = [
        (tr("编号", "Id"), "code"),
        (tr("类别", "Kind"), ""),
        (tr("适用范围", "Applies to"), ""),
        (tr("值", "Value"), "num"),
        (tr("依据", "Source"), ""),
        (tr("条款", "Clause"), ""),
        (tr("生效期", "In force"), ""),
        (tr("确认", "Confirmed"), ""),
    ];
    let table = if rows.is_empty() {
        let text = tr("没有符合条件的规则。", "No rule matches.");
        view! { <p class="empty" role="status">{text} " " <a href="/rules">{tr("查看全部规则", "Show all")}</a></p> }
            .into_any()
    } else {
        table::table(tr("规则", "Rules"), "rules", &columns, rows)
    };
    view! {
        <p>
            {state}
            {lang.pick(format!(",共 {} 条,", p.set.rows.len()), format!(", {} rows, ", p.set.rows.len()))}
            <b data-testid="unconfirmed">{format::count(i64::try_from(open).unwrap_or(i64::MAX))}</b>
            {tr(" 条待确认。", " to be confirmed. ")} {older}
        </p>
        {choosing(asked.draft)}
        {kinds(asked)}
        {table}
    }
    .into_any()
}

/// The kinds, and those that the authority has to confirm.
fn kinds(asked: &Asked) -> AnyView {
    let lang = Lang::current();
    let link = |to: Asked, text: &'static str| {
        let here = (to == *asked).then_some("page");
        view! { <a href=to.address() aria-current=here>{text}</a> }.into_any()
    };
    let all = Asked { version: asked.version, draft: asked.draft, ..Asked::default() };
    let mut links = vec![
        link(all.clone(), tr("全部", "All")),
        link(Asked { unconfirmed: true, ..all.clone() }, tr("待确认", "To be confirmed")),
    ];
    links.extend(RuleKind::ALL.map(|k| link(Asked { kind: Some(k), ..all.clone() }, lang.text(k.text()))));
    view! { <nav class="ways" aria-label=tr("类别", "Kinds")>{links}</nav> }.into_any()
}

/// Where one can go from here.
fn ways() -> AnyView {
    who::permitted(|may| {
        let drafts = may
            .has(Permission::RuleEdit)
            .then(|| view! { <a class="button" href="/rules/drafts">{tr("规则草稿", "Drafts")}</a> });
        view! { {drafts} " " <a class="button" href="/rules/versions">{tr("历次版本", "Versions")}</a> }.into_any()
    })
}

/// For which draft a row is chosen.
fn choosing(draft: i64) -> AnyView {
    if draft == 0 {
        return ().into_any();
    }
    let back = format!("/rules/drafts/{draft}");
    view! {
        <p class="told" role="status">
            {tr("请点选要修改的规则的编号。", "Choose the rule to change by its id.")} " "
            <a href=back>{tr("返回草稿", "Back to the draft")}</a>
        </p>
    }
    .into_any()
}

fn row_of(r: &RuleRow, draft: i64) -> Vec<AnyView> {
    let lang = Lang::current();
    let id = if draft == 0 {
        r.rule_id.clone().into_any()
    } else {
        let href = format!("/rules/drafts/{draft}/row?rule={}", query_value(&r.rule_id));
        view! { <a href=href>{r.rule_id.clone()}</a> }.into_any()
    };
    let (tone, word) = match (r.enabled, r.confirmed) {
        (false, _) => (Tone::Plain, tr("停用", "Off")),
        (true, true) => (Tone::Ok, tr("已确认", "Confirmed")),
        (true, false) => (Tone::Warn, tr("待确认", "To be confirmed")),
    };
    vec![
        id,
        lang.text(r.kind.text()).into_any(),
        applies(r).into_any(),
        value(r).into_any(),
        r.source.clone().into_any(),
        r.clause.clone().into_any(),
        span(r).into_any(),
        view! { <span class=format!("badge {}", tone.class())>{word}</span> }.into_any(),
    ]
}

fn applies(r: &RuleRow) -> String {
    let lang = Lang::current();
    let mut all: Vec<String> = vec![];
    all.extend(r.family.map(|f| lang.text(f.text()).to_owned()));
    all.extend(r.model.as_ref().map(|m| lang.pick(format!("规格 {m}…"), format!("models {m}…"))));
    all.extend(r.medium_class.map(|c| lang.text(c.text()).to_owned()));
    all.extend(r.made_from.map(|d| lang.pick(format!("{d} 起制造"), format!("made from {d}"))));
    all.extend(r.made_before.map(|d| lang.pick(format!("{d} 前制造"), format!("made before {d}"))));
    all.extend(r.inspections_from.map(|n| lang.pick(format!("检验 {n} 次后"), format!("after {n} inspections"))));
    if all.is_empty() { "—".into() } else { all.join(lang.pick("、", ", ")) }
}

fn value(r: &RuleRow) -> String {
    let unit = unit(&r.unit);
    match r.kind {
        RuleKind::Credit => format!("{} {unit}", domain::credit::points(r.value)),
        RuleKind::Guard if unit.is_empty() => if r.enabled { tr("开", "on") } else { tr("关", "off") }.to_owned(),
        _ => format!("{} {unit}", format::count(r.value)).trim_end().to_owned(),
    }
}

/// A unit in words.
fn unit(code: &str) -> &str {
    match code {
        "month" => tr("个月", "months"),
        "day" => tr("天", "days"),
        "workday" => tr("个工作日", "working days"),
        "hour" => tr("小时", "hours"),
        "s" => tr("秒", "s"),
        "m" => tr("米", "m"),
        "l" => tr("升", "l"),
        "per_mille" => "‰",
        "percent" => "%",
        "fills" => tr("次充装", "fills"),
        // Stored in thousandths, written as points.
        "point" | "milli_point" => tr("分", "points"),
        "switch" | "" => "",
        other => other,
    }
}

fn span(r: &RuleRow) -> String {
    match (r.effective_from, r.effective_to) {
        (None, None) => "—".into(),
        (from, to) => {
            let day = |d: Option<chrono::NaiveDate>| d.map_or_else(String::new, |d| d.to_string());
            format!("{} – {}", day(from), day(to)).trim().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::rules::RuleSet;

    #[test]
    fn the_address_says_what_is_asked_for() {
        assert_eq!(Asked::default().address(), "/rules");
        let asked = Asked { version: 2, kind: Some(RuleKind::Life), unconfirmed: true, draft: 3 };
        assert_eq!(asked.address(), "/rules?version=2&kind=life&unconfirmed=1&draft=3");
    }

    #[test]
    fn each_row_is_of_one_kind() {
        let all = RuleSet::seed();
        let of = |kind| all.rows.iter().filter(|r| Asked { kind, ..Asked::default() }.takes(r)).count();
        assert_eq!(RuleKind::ALL.iter().map(|k| of(Some(*k))).sum::<usize>(), of(None));
        let open = Asked { unconfirmed: true, ..Asked::default() };
        assert!(all.rows.iter().any(|r| open.takes(r)) && all.rows.iter().any(|r| !open.takes(r)));
    }
}
