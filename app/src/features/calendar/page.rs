//! The page of the calendar.

use super::{calendar_look, calendar_year};
use crate::{
    kit::{area::lines, entered, format, page, table, told},
    lang::{Lang, tr},
};
use chrono::{Datelike, NaiveDate};
use domain::calendar::{Change, DayKind, Known, Look, Mark, TEXT_MAX, YearPage};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let query = use_query_map();
    let year = move || query.with(|q| q.get("year").and_then(|y| y.parse::<i32>().ok())).unwrap_or_default();
    let moved = query.with_untracked(|q| q.get("moved").and_then(|m| m.parse::<i64>().ok()));
    let shown = Resource::new_blocking(year, calendar_year);
    let key = entered::key();
    let looked = {
        let key = key.clone();
        Resource::new_blocking(
            || (),
            move |()| {
                let key = key.clone();
                async move {
                    match key {
                        Some(key) => calendar_look(key).await.ok(),
                        None => None,
                    }
                }
            },
        )
    };
    let title = tr("工作日历", "Working-day calendar");
    let content = view! {
        {page::title(move || format!("{title} · {}", tr("瓶迹", "Pingji")))}
        <h1>{title}</h1>
        {told::told()}
        {moved.map(|n| {
            let text = Lang::current().pick(
                format!("{} 件未结办件的期限随之改变,几分钟内自动重算。", format::count(n)),
                format!("{} open cases change their deadlines; they are reckoned anew within minutes.", format::count(n)),
            );
            view! { <p class="told done" role="status" data-testid="moved">{text}</p> }
        })}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || {
                let key = key.clone();
                Suspend::new(async move {
                    match (shown.await, looked.await) {
                        (Ok(y), look) => view! {
                            {(key.is_some() && look.is_none()).then(gone)}
                            {look.as_ref().map(|l| preview(l, key.unwrap_or_default()))}
                            {glance(&y)}
                            {y.may_edit.then(|| import(&y, look.map(|l| l.text)))}
                        }
                        .into_any(),
                        (Err(why), _) => page::failed(&why),
                    }
                })
            }}
        </Transition>
    };
    page::page(content.into_any())
}

/// What was to be looked at is kept no more, or is another account's.
fn gone() -> AnyView {
    let text =
        tr("预览已过期,请重新粘贴或选择文件。", "The preview is kept no more: paste it or choose the file again.");
    view! { <p class="told error" role="alert">{text}</p> }.into_any()
}

fn glance(y: &YearPage) -> AnyView {
    let lang = Lang::current();
    let choice = |year: i32, known: Known| {
        let text = format!("{year} ({})", lang.text(known.text()));
        if year == y.year {
            view! { <li><strong aria-current="page">{text}</strong></li> }.into_any()
        } else {
            view! { <li><a href=format!("/calendar?year={year}")>{text}</a></li> }.into_any()
        }
    };
    let mut years: Vec<(i32, Known)> = y.years.clone();
    if !years.iter().any(|(n, _)| *n == y.year) {
        years.push((y.year, y.known));
    }
    let months = (1..=12).map(|m| month(y, m)).collect_view();
    let provisional = (y.known != Known::Confirmed).then(|| {
        let text = tr(
            "这一年的安排尚未确认,按它计算的期限会注明「节假日待确认」。",
            "This year is not confirmed: terms that are counted through it say so.",
        );
        view! { <p class="told error" role="note">{text}</p> }
    });
    view! {
        <ul class="links calendar-years">{years.into_iter().map(|(n, k)| choice(n, k)).collect_view()}</ul>
        {provisional}
        <p class="calendar-key">
            <span class="off">{tr("休 放假", "休 day off")}</span>
            <span class="makeup">{tr("班 调休上班", "班 make-up working day")}</span>
            <span class="weekend">{tr("周末", "weekend")}</span>
        </p>
        <div class="calendar-year" data-testid="year">{months}</div>
        {named(y)}
    }
    .into_any()
}

fn kind(y: &YearPage, day: NaiveDate) -> (DayKind, &str) {
    match y.days.iter().find(|d| d.day == day) {
        Some(d) if d.mark == Mark::Holiday => (DayKind::Holiday, &d.name),
        Some(d) => (DayKind::Makeup, &d.name),
        None if day.weekday().number_from_monday() > 5 => (DayKind::Weekend, ""),
        None => (DayKind::Workday, ""),
    }
}

fn month(y: &YearPage, month: u32) -> AnyView {
    let lang = Lang::current();
    let Some(first) = NaiveDate::from_ymd_opt(y.year, month, 1) else { return ().into_any() };
    let days: Vec<NaiveDate> = first.iter_days().take_while(|d| d.month() == month).collect();
    let lead = usize::try_from(first.weekday().num_days_from_monday()).unwrap_or_default();
    let cells: Vec<Option<NaiveDate>> = std::iter::repeat_n(None, lead).chain(days.into_iter().map(Some)).collect();
    let cell = |day: &Option<NaiveDate>| {
        let Some(day) = *day else { return view! { <td></td> }.into_any() };
        let (kind, name) = kind(y, day);
        let (class, mark) = match kind {
            DayKind::Holiday => ("off", "休"),
            DayKind::Makeup => ("makeup", "班"),
            DayKind::Weekend => ("weekend", ""),
            DayKind::Workday => ("", ""),
        };
        let title = (!mark.is_empty()).then(|| format!("{day} {} {name}", lang.text(kind.text())));
        let class = if day == y.today { format!("{class} today") } else { class.to_owned() };
        view! { <td class=class title=title>{day.day()}<small>{mark}</small></td> }.into_any()
    };
    let week = |w: &[Option<NaiveDate>]| view! { <tr>{w.iter().map(cell).collect_view()}</tr> };
    let heads = lang.pick(["一", "二", "三", "四", "五", "六", "日"], ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]);
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let caption = lang.pick(format!("{month} 月"), (*MONTHS.get(first.month0() as usize).unwrap_or(&"")).to_owned());
    view! {
        <table>
            <caption>{caption}</caption>
            <thead><tr>{heads.into_iter().map(|h| view! { <th scope="col">{h}</th> }).collect_view()}</tr></thead>
            <tbody>{cells.chunks(7).map(week).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

/// Days out of the ordinary as a list, for whoever does not see the table.
fn named(y: &YearPage) -> AnyView {
    if y.days.is_empty() {
        let text = tr("这一年未录入,只按周末计算。", "This year is not on file: weekends only.");
        return view! { <p class="empty" role="status">{text}</p> }.into_any();
    }
    let lang = Lang::current();
    let row = |d: &domain::calendar::Marked| {
        vec![d.day.to_string().into_any(), lang.text(d.mark.text()).into_any(), d.name.clone().into_any()]
    };
    let columns = [(tr("日期", "Day"), "when"), (tr("安排", "What"), "kind"), (tr("节日", "After"), "")];
    let name = tr("放假和调休", "Days off and make-up days");
    view! {
        <details>
            <summary>{name}</summary>
            {table::table(name, "days", &columns, y.days.iter().map(row).collect())}
        </details>
    }
    .into_any()
}

fn import(y: &YearPage, typed: Option<String>) -> AnyView {
    let text =
        typed.unwrap_or_else(|| if y.text.is_empty() { format!("{} provisional\n", y.year) } else { y.text.clone() });
    view! {
        <h2 id="import">{tr("导入一年", "Import a year")}</h2>
        <form class="form calendar-import" method="post" action="/calendar" enctype="multipart/form-data">
            <p class="hint">
                {tr(
                    "每行一条:先写年份和是否已公布(2027 confirmed 或 2027 待确认),再写日期和安排(2027-02-05..2027-02-12 放假 春节;2027-02-20 调休 春节)。可用空格、制表符或逗号分隔,# 之后为备注。写到的年份整年替换。",
                    "One a line: a year and whether it is announced (2027 confirmed, 2027 provisional), then days (2027-02-05..2027-02-12 holiday 春节; 2027-02-20 makeup 春节). Blanks, tabs or commas between; # begins a remark. A year that is named is replaced as a whole.",
                )}
            </p>
            <label for="calendar-text">{tr("日历内容", "The calendar")}</label>
            <textarea id="calendar-text" name="text" rows="14" maxlength=TEXT_MAX.to_string() spellcheck="false" inner_html=lines(&text)></textarea>
            <span class="pick">
                <label for="calendar-file">{tr("或选择 CSV / TXT 文件", "Or choose a CSV or TXT file")}</label>
                <input id="calendar-file" name="file" type="file" accept=".csv,.txt,text/plain,text/csv"/>
            </span>
            <button type="submit">{tr("预览变动", "Look what it changes")}</button>
        </form>
    }
    .into_any()
}

fn preview(l: &Look, key: String) -> AnyView {
    let lang = Lang::current();
    let title = tr("导入预览", "What would change");
    if !l.faults.is_empty() {
        let one = |f: &domain::calendar::LineFault| {
            let text = lang.pick(f.zh.clone(), f.en.clone());
            let line = (f.line > 0).then(|| lang.pick(format!("第 {} 行:", f.line), format!("Line {}: ", f.line)));
            view! { <li>{line}{text}</li> }
        };
        return view! {
            <section id="preview" class="told error" role="alert" data-testid="faults">
                <strong>{tr("没有导入,请修改后再预览:", "Nothing was imported. Mend this and look again:")}</strong>
                <ul>{l.faults.iter().map(one).collect_view()}</ul>
            </section>
        }
        .into_any();
    }
    let years = l.years.iter().map(|(y, was, is)| {
        if was == is {
            format!("{y} {}", lang.text(is.text()))
        } else {
            format!("{y} {} → {}", lang.text(was.text()), lang.text(is.text()))
        }
    });
    let years: Vec<String> = years.collect();
    let side = |k: DayKind, name: &str| {
        if name.is_empty() { lang.text(k.text()).to_owned() } else { format!("{} ({name})", lang.text(k.text())) }
    };
    let row = |c: &Change| {
        vec![c.day.to_string().into_any(), side(c.was, &c.was_name).into_any(), side(c.is, &c.name).into_any()]
    };
    let columns = [(tr("日期", "Day"), "when"), (tr("现在", "Now"), ""), (tr("导入后", "Then"), "")];
    let days = if l.changes.is_empty() {
        view! { <p>{tr("没有日期变化", "No day changes")}</p> }.into_any()
    } else {
        table::table(title, "changes", &columns, l.changes.iter().map(row).collect())
    };
    let moved = lang.pick(
        format!("{} 件未结办件的最近期限将改变。", format::count(l.moved)),
        format!("{} open cases change their deadlines.", format::count(l.moved)),
    );
    view! {
        <section id="preview" data-testid="preview">
            <h2>{title}</h2>
            <p>{years.join(tr("、", ", "))}</p>
            {days}
            <p data-testid="would-move">{moved}</p>
            <form method="post" action="/api/fn/calendar_put" class="handle">
                <input type="hidden" name="key" value=key/>
                <input type="hidden" name="seen" value=l.seen.to_string()/>
                <p class="act"><button type="submit">{tr("确认导入", "Import")}</button></p>
            </form>
        </section>
    }
    .into_any()
}
