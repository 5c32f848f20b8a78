//! How an enterprise is rated, for anybody who names it (S0-50): name, grade, trend, nothing else.

use super::{
    case::STYLE,
    frame::{self, Reading},
};
use domain::{
    credit::{Grade, Public},
    outcome::Text,
};
use leptos::prelude::*;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// What came of looking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing was asked.
    Ask,
    /// These.
    These(Vec<Public>),
    /// What was typed is nothing to look for.
    Short,
    /// Too much was asked.
    Later,
    /// The record does not answer.
    Down,
}

/// What a grade means.
const fn meaning(grade: Grade) -> Text {
    match grade {
        Grade::A => t("信用好", "good"),
        Grade::B => t("信用一般", "fair"),
        Grade::C => t("信用风险较高", "risky"),
        Grade::D => t("信用风险高", "very risky"),
    }
}

/// The page.
#[must_use]
pub fn document(reading: Reading, asked: &str, found: &Found) -> String {
    let lang = reading.lang;
    let title = lang.pick("查企业信用", "How an enterprise is rated");
    let one = |p: &Public| {
        let grade = lang.text(p.grade.text());
        view! {
            <section class="card">
                <h2>{p.name.clone()}</h2>
                <dl>
                    <div><dt>{lang.pick("信用等级", "Grade")}</dt><dd><b>{grade}</b>{format!(" · {}", lang.text(meaning(p.grade)))}</dd></div>
                    <div><dt>{lang.pick("趋势", "Trend")}</dt><dd>{lang.text(p.trend.text())}</dd></div>
                </dl>
            </section>
        }
    };
    let told = match found {
        Found::Ask => ().into_any(),
        Found::These(all) if all.is_empty() => {
            view! { <p class="card" role="status">{lang.pick("没有找到这个单位,请换个写法。", "Nobody of that name: try another spelling.")}</p> }.into_any()
        }
        Found::These(all) => all.iter().map(one).collect_view().into_any(),
        Found::Short => {
            view! { <p class="card bad" role="alert">{lang.pick("请输入至少两个字或两个字母。", "Type two characters at least.")}</p> }.into_any()
        }
        Found::Later => {
            view! { <p class="card bad" role="alert">{lang.pick("查询过于频繁,请稍后再试。", "Too much was asked from here: try again later.")}</p> }.into_any()
        }
        Found::Down => {
            view! { <p class="card bad" role="alert">{lang.pick("系统暂时无法查询,请稍后再试。", "The record does not answer: try again later.")}</p> }.into_any()
        }
    };
    let content = view! {
        <form class="card form" method="get" action="/rating">
            <h1>{title}</h1>
            {reading.fields()}
            <label for="q">{lang.pick("单位名称、部分名称或拼音首字母", "Name, a part of it, or first letters in Pinyin")}</label>
            <input type="text" id="q" name="q" value=asked.to_owned() maxlength="40" autocomplete="off" required/>
            <button type="submit">{lang.pick("查询", "Look up")}</button>
        </form>
        {told}
        <p class="foot">
            {lang.pick(
                "等级由监管部门按公开规则从实际记录计算,A 最好,D 最差。",
                "The authority computes grades from what happened, by rules that are public: A is the best, D the worst.",
            )}
        </p>
    };
    let here =
        if asked.is_empty() { "/rating".to_owned() } else { format!("/rating?q={}", domain::list::encode(asked)) };
    frame::document(frame::Page { reading, title, here: &here, aloud: false, style: STYLE, shared: None }, content)
}
