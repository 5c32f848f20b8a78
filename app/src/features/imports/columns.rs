//! What a file's columns mean, and what it looks like: its first rows.

use crate::lang::{Lang, tr};
use domain::import::{PresetLine, Preview, RunPage};
use leptos::prelude::*;

/// The choice, a form; and the preview. `asked` is the preset that the address names.
pub(super) fn view(p: &RunPage, asked: &str) -> AnyView {
    let Some(look) = &p.preview else { return ().into_any() };
    let fits = |x: &&PresetLine| look.guesses.iter().any(|g| g.fits && g.preset == x.id);
    let named = |id: &str| p.presets.iter().find(|x| x.id == id);
    let chosen = named(asked).or_else(|| named(&p.line.preset)).or_else(|| p.presets.iter().find(fits));
    let Some(preset) = chosen.or_else(|| p.presets.first()) else { return ().into_any() };
    view! {
        <section aria-labelledby="columns-title">
            <h2 id="columns-title">{tr("核对列", "Columns")}</h2>
            {presets(p, look, preset)}
            {mapping(p, look, preset)}
        </section>
        <section aria-labelledby="preview-title">
            <h2 id="preview-title">{tr("预览(前 20 行)", "Preview (the first 20 rows)")}</h2>
            {rows(p, look)}
        </section>
    }
    .into_any()
}

/// What the table can be: links, so that the columns of the one that is chosen are shown without the module, too.
fn presets(p: &RunPage, look: &Preview, now: &PresetLine) -> AnyView {
    let lang = Lang::current();
    let one = |x: &PresetLine| {
        let here = (x.id == now.id).then_some("page");
        let fits = look.guesses.iter().any(|g| g.fits && g.preset == x.id);
        let mark = if fits { " ✓" } else { "" };
        let text = format!("{}{mark}", lang.pick(x.zh.clone(), x.en.clone()));
        view! { <a href=format!("/imports/{}?preset={}", p.line.id, x.id) rel="external" aria-current=here>{text}</a> }
    };
    view! {
        <p>{tr("表格种类(✓ 表示必需的列齐全):", "Kind of table (✓: all required columns are there):")}</p>
        <nav class="ways" aria-label=tr("表格种类", "Kind of table")>{p.presets.iter().map(one).collect_view()}</nav>
    }
    .into_any()
}

fn mapping(p: &RunPage, look: &Preview, preset: &PresetLine) -> AnyView {
    let guess = look.guesses.iter().find(|g| g.preset == preset.id).map(|g| g.columns.clone()).unwrap_or_default();
    let now = if p.line.preset == preset.id && !p.chosen.is_empty() { p.chosen.clone() } else { guess };
    let one = |(n, c): (usize, &domain::import::PresetColumn)| {
        let id = format!("column-{n}");
        let at = now.get(n).copied().flatten();
        let options = p.head.columns.iter().enumerate().map(|(i, name)| {
            let name = if name.is_empty() {
                Lang::current().pick(format!("第 {} 列", i + 1), format!("column {}", i + 1))
            } else {
                name.clone()
            };
            view! { <option value=i.to_string() selected=at.is_some_and(|at| at as usize == i)>{name}</option> }
        });
        let star = if c.required { " *" } else { "" };
        view! {
            <div class="field">
                <label for=id.clone()>{c.name.clone()} {star}</label>
                <select id=id name=format!("chosen[{n}]")>
                    <option value="">{tr("(不导入)", "(none)")}</option>
                    {options.collect_view()}
                </select>
            </div>
        }
    };
    let orgs = p.orgs.iter().map(|(id, name)| {
        view! { <option value=id.to_string() selected=*id == p.org_id>{name.clone()}</option> }
    });
    view! {
        <form class="form columns" method="post" action="/api/fn/import_check">
            <input type="hidden" name="id" value=p.line.id.to_string()/>
            <input type="hidden" name="preset" value=preset.id.clone()/>
            <div class="field">
                <label for="org">{tr("归属单位", "Organisation")} " *"</label>
                <select id="org" name="org" required>
                    {(p.org_id == 0).then(|| view! { <option value="">{tr("请选择", "Choose")}</option> })}
                    {orgs.collect_view()}
                </select>
            </div>
            <div class="form-fields">{preset.columns.iter().enumerate().map(one).collect_view()}</div>
            <button type="submit">{tr("试算", "Dry run")}</button>
        </form>
    }
    .into_any()
}

fn rows(p: &RunPage, look: &Preview) -> AnyView {
    let width = p.head.columns.len();
    let row = |(line, cells): &(u32, Vec<String>)| {
        let cells = (0..width).map(|i| {
            let cell = cells.get(i).cloned().unwrap_or_default();
            view! { <td data-label=p.head.columns[i].clone()>{cell}</td> }
        });
        view! { <tr><td class="num" data-label=tr("行", "Line")>{line.to_string()}</td>{cells.collect_view()}</tr> }
    };
    let about = match &look.sheet {
        Some(sheet) => format!("{} · {sheet}", look.encoding),
        None => look.encoding.clone(),
    };
    view! {
        <p class="quiet">{about}</p>
        <ul class="quiet">{look.notes.iter().map(|n| view! { <li>{n.clone()}</li> }).collect_view()}</ul>
        <div class="table-scroll" tabindex="0" role="region" aria-label=tr("预览", "Preview")>
            <table class="events" data-testid="preview">
                <thead>
                    <tr>
                        <th scope="col" class="num">{tr("行", "Line")}</th>
                        {p.head.columns.iter().map(|c| view! { <th scope="col">{c.clone()}</th> }).collect_view()}
                    </tr>
                </thead>
                <tbody>{look.rows.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
