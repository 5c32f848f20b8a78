//! The figures of the left column.

use super::{or_dash, tile};
use crate::{
    kit::{format, icon::Icon},
    lang::{Lang, tr},
    wall::state::{Numbers, WallState},
};
use leptos::prelude::*;

/// A number of the wall with its name and unit.
fn figure(
    testid: &'static str,
    class: &'static str,
    name: &'static str,
    unit: &'static str,
    icon: Option<Icon>,
    value: fn(&Numbers) -> i64,
) -> AnyView {
    let state = WallState::current();
    let text = move || or_dash(state.numbers.get(), |n| format::count(value(&n)));
    // A city with millions of cylinders: the number shrinks before it is cut.
    let long = move || state.numbers.get().is_some_and(|n| value(&n).abs() >= 1_000_000);
    view! {
        <div class=format!("figure {class}") class:long=long>
            <dt>{icon.map(Icon::view)}{name}</dt>
            <dd><strong data-testid=testid>{text}</strong><span class="unit">{unit}</span></dd>
        </div>
    }
    .into_any()
}

/// Today: fills, refusals, gas.
#[component]
pub fn Today() -> impl IntoView {
    let state = WallState::current();
    let lang = Lang::current();
    let mass = move || or_dash(state.numbers.get(), |n| format::mass(n.net_g).0);
    let unit =
        move || if state.numbers.get().is_some_and(|n| format::mass(n.net_g).1) { lang.pick("吨", "t") } else { "kg" };
    let content = view! {
        <dl class="figures today">
            {figure("fills-today", "hero ok", tr("今日充装", "Fills today"), tr("瓶次", ""), None, |n| n.fills)}
            {figure("blocked-today", "big blocked", tr("今日拦截", "Refused today"), tr("次", ""), Some(Icon::Blocked), |n| n.blocked)}
            <div class="figure big">
                <dt>{tr("今日充装量", "Gas filled today")}</dt>
                <dd><strong data-testid="net-today">{mass}</strong><span class="unit">{unit}</span></dd>
            </div>
        </dl>
    };
    tile("today", tr("今日", "Today"), None, content.into_any())
}

/// Cylinders by state.
#[component]
pub fn Cylinders() -> impl IntoView {
    let bottles = tr("只", "");
    let content = view! {
        <dl class="figures stock">
            {figure("on-file", "", tr("在册气瓶", "On file"), bottles, None, |n| n.stock.on_file)}
            {figure("in-use", "", tr("在用", "In use"), bottles, None, |n| n.stock.in_use)}
            {figure("due-soon", "warn", tr("30日内到期", "Due in 30 days"), bottles, Some(Icon::Warn), |n| n.stock.due_soon)}
            {figure("overdue", "blocked", tr("过检", "Overdue"), bottles, Some(Icon::Blocked), |n| n.stock.overdue)}
            {figure("past-life", "blocked", tr("超年限", "Past life"), bottles, Some(Icon::Blocked), |n| n.stock.past_life)}
            {figure("scrapped", "", tr("已报废", "Scrapped"), bottles, None, |n| n.stock.scrapped)}
        </dl>
    };
    tile("cylinders", tr("气瓶", "Cylinders"), None, content.into_any())
}
