//! `/cases/import`: tables of the 12315 and 12345 platforms, and what of them is set aside until it is mended. The table is taken by
//! `POST /cases/import`.

use super::case_aside;
use crate::{
    kit::{area::lines, entered, format, page, told},
    lang::{Lang, tr},
};
use domain::{
    case::{Aside, COLUMNS, Channel},
    clock,
    form::Values,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let given = entered::resource(&["channel"]);
    let rows = Resource::new_blocking(|| (), |()| case_aside());
    let came = use_query_map().with_untracked(|q| {
        let of = |name: &str| q.get(name).and_then(|n| n.parse::<i64>().ok());
        Some((of("new")?, of("known")?, of("aside")?))
    });
    let title = tr("导入平台工单", "Import of platforms' tables");
    let content = view! {
        {page::title(move || format!("{title} · {}", tr("瓶迹", "Pingji")))}
        <h1>{title}</h1>
        {told::told()}
        {came.map(|(new, known, aside)| {
            let n = format::count;
            let text = Lang::current().pick(
                format!("新登记 {} 件,已有 {} 件未重复登记,{} 行待修正。", n(new), n(known), n(aside)),
                format!("{} cases entered, {} were there already, {} rows set aside.", n(new), n(known), n(aside)),
            );
            view! { <p class="told done" role="status" data-testid="imported">{text}</p> }
        })}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match (rows.await, given.await) {
                    (Ok(all), given) => view! { {form(&given)} {set_aside(&all)} }.into_any(),
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href="/cases">{tr("返回列表", "Back to the list")}</a></p>
    };
    page::page(content.into_any())
}

fn channels(chosen: &str) -> impl IntoView + use<> {
    let lang = Lang::current();
    let one = |c: Channel| {
        view! { <option value=c.code() selected=c.code() == chosen>{lang.text(c.text())}</option> }
    };
    [Channel::P12315, Channel::P12345].map(one).into_iter().collect_view()
}

fn form(given: &Values) -> AnyView {
    let lang = Lang::current();
    let of = |name: &str| given.get(name).cloned().unwrap_or_default();
    let wrong = given.get("zh").map(|zh| {
        let text = lang.pick(zh.clone(), of("en"));
        view! { <p class="told error" role="alert" data-testid="fault">{text}</p> }
    });
    view! {
        <form class="form case-import" method="post" action="/cases/import" enctype="multipart/form-data">
            {wrong}
            <label for="channel">{tr("来自", "From")}</label>
            <select id="channel" name="channel" required>{channels(&of("channel"))}</select>
            <span class="pick">
                <label for="file">{tr("选择 CSV / TXT 文件", "Choose a CSV or TXT file")}</label>
                <input id="file" name="file" type="file" accept=".csv,.txt,text/csv,text/plain"/>
            </span>
            <label for="text">{tr("或粘贴表格(首行为列名)", "Or paste the table, headings first")}</label>
            <textarea id="text" name="text" rows="8" spellcheck="false" inner_html=lines(&of("text"))></textarea>
            <p class="hint">
                {tr(
                    "必有列:工单编号、内容;可有:类型、登记时间、姓名、联系电话、联系地址、区县、气瓶编号、地点、标题、诉求。一次最多 1000 行、4 MB;已登记过的工单不会重复登记,有误的行留在下面待修正。",
                    "Needed: 工单编号, 内容. Known: 类型, 登记时间, 姓名, 联系电话, 联系地址, 区县, 气瓶编号, 地点, 标题, 诉求. A thousand rows and 4 MB at most. What was entered before is not entered again; rows that are wrong wait below.",
                )}
            </p>
            <button type="submit">{tr("导入", "Import")}</button>
        </form>
    }
    .into_any()
}

fn set_aside(all: &[Aside]) -> AnyView {
    let title = tr("待修正的行", "Rows set aside");
    if all.is_empty() {
        return view! { <h2>{title}</h2><p class="empty" role="status">{tr("没有待修正的行", "No row is set aside")}</p> }
            .into_any();
    }
    let lang = Lang::current();
    let one = |a: &Aside| {
        let faults = a.faults.iter().map(|f| {
            // By the heading that people put over it; the first of several is the platforms' own.
            let known = COLUMNS.iter().find(|c| c.1 == f.field).map_or(f.field.as_str(), |c| c.0);
            let name = if known.is_empty() { String::new() } else { format!("{known}: ") };
            view! { <li>{name}{lang.pick(f.zh.clone(), f.en.clone())}</li> }
        });
        let head = lang.pick(
            format!("{} 第 {} 行 · {}", a.channel.text().zh, a.line, clock::local_text(a.at)),
            format!("{}, line {} · {}", a.channel.text().en, a.line, clock::local_text(a.at)),
        );
        let (row, why) = (format!("row-{}", a.id), format!("why-{}", a.id));
        view! {
            <li>
                <strong>{head}</strong>
                <ul class="faults">{faults.collect_view()}</ul>
                <form class="handle" method="post" action="/cases/import" enctype="multipart/form-data">
                    <input type="hidden" name="aside" value=a.id.to_string()/>
                    <input type="hidden" name="channel" value=a.channel.code()/>
                    <label for=row.clone()>{tr("修正后重新导入(首行为列名)", "Mend it and import it again")}</label>
                    <textarea id=row.clone() name="text" rows="4" spellcheck="false" required inner_html=lines(&a.row)></textarea>
                    <p class="act"><button type="submit">{tr("重新导入", "Import again")}</button></p>
                </form>
                <form class="handle" method="post" action="/api/fn/case_aside_leave">
                    <input type="hidden" name="id" value=a.id.to_string()/>
                    <label for=why.clone()>{tr("不导入的原因", "Why it is left out")}</label>
                    <input id=why.clone() type="text" name="reason" maxlength="200" required/>
                    <p class="act"><button type="submit" class="quiet">{tr("不导入", "Leave out")}</button></p>
                </form>
            </li>
        }
    };
    view! { <h2>{title}</h2><ul class="case-aside" data-testid="aside">{all.iter().map(one).collect_view()}</ul> }
        .into_any()
}
