//! `/posts/:id/versions/:version`: a version as it is read, and what differs from another (`?against=`).

use super::{VersionShown, number, one::gone, post_version, render, spec};
use crate::{
    error::AppError,
    kit::{
        detail::{Detail, Section},
        page,
    },
    lang::{Lang, tr},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let (id, no) = (number::<i64>("id"), number::<i32>("version"));
    let query = use_query_map();
    let against = move || query.with(|q| q.get("against").and_then(|n| n.parse::<i32>().ok())).unwrap_or_default();
    // A version is never numbered 0, which would be the newest.
    let asked = move || (id(), if no() == 0 { -1 } else { no() }, against());
    let shown = Resource::new_blocking(asked, |(id, no, against)| post_version(id, no, against));
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("版本", "Version"), no(), tr("瓶迹", "Pingji")))}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(v) => view(&v),
                    Err(AppError::NotFound) => gone(),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href=move || format!("/posts/{}", id())>{tr("返回这篇内容", "Back to the post")}</a></p>
    };
    page::page(content.into_any())
}

fn view(v: &VersionShown) -> AnyView {
    let lang = Lang::current();
    let (id, no) = (v.post.id, v.line.no);
    let badges = vec![(spec::tone(v.line.stage), lang.text(v.line.stage.text()).to_owned())];
    let actions = vec![
        (format!("/posts/{id}/preview?as=phone&version={no}"), tr("手机预览", "On a phone")),
        (format!("/posts/{id}/preview?as=wall&version={no}"), tr("大屏预览", "On the wall")),
    ];
    let section = |id, title, content| Section { id, title, note: String::new(), content };
    let mut sections = vec![];
    if v.versions.len() > 1 {
        sections.push(section("compare", tr("比较", "Compare"), choose(v)));
    }
    if let Some((_, all)) = &v.against {
        sections.push(section("differs", tr("改动", "What differs"), render::differs(all)));
    }
    sections.push(section(
        "text",
        tr("内容", "As it is read"),
        render::article(&v.post, &v.content, &v.files, v.line.published_at),
    ));
    let org = if v.post.org == v.content.org { v.post.org_name.as_str() } else { "" };
    sections.push(section("settings", tr("设置", "How it is set"), render::settings(&v.content, org)));
    let code = Lang::current().pick(format!("第 {no} 版"), format!("version {no}"));
    Detail { kind: tr("宣传内容", "Post"), code, badges, actions, aside: None, sections }.view()
}

/// Which other version it is compared with: a GET form.
fn choose(v: &VersionShown) -> AnyView {
    let lang = Lang::current();
    let chosen = v.against.as_ref().map(|a| a.0.no);
    let option = |(no, stage): &(i32, domain::post::Stage)| {
        let name = lang.pick(format!("第 {no} 版"), format!("version {no}"));
        let text = format!("{name} · {}", lang.text(stage.text()));
        view! { <option value=no.to_string() selected=chosen == Some(*no)>{text}</option> }
    };
    view! {
        <form method="get" action=format!("/posts/{}/versions/{}", v.post.id, v.line.no) class="span">
            <label for="against">{tr("与另一版比较:", "With another version:")}</label>
            <select id="against" name="against">
                <option value="">{tr("不比较", "None")}</option>
                {v.versions.iter().filter(|o| o.0 != v.line.no).map(option).collect_view()}
            </select>
            <button type="submit" class="button">{tr("比较", "Compare")}</button>
        </form>
    }
    .into_any()
}
