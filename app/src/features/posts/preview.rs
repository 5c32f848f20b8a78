//! `/posts/:id/preview?as=phone|wall`: a version as a phone and as the wall show it, at their size.

use super::{VersionShown, number, one::gone, post_version, render};
use crate::{
    error::AppError,
    kit::page,
    lang::{Lang, tr},
    wall::tiles::bulletin,
};
use domain::wall::bulletin::Headline;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let id = number::<i64>("id");
    let query = use_query_map();
    let no = move || query.with(|q| q.get("version").and_then(|n| n.parse::<i32>().ok())).unwrap_or_default();
    let wall = move || query.with(|q| q.get("as").as_deref() == Some("wall"));
    let shown = Resource::new_blocking(move || (id(), no()), |(id, no)| post_version(id, no, 0));
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("预览", "Preview"), id(), tr("瓶迹", "Pingji")))}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || {
                let wall = wall();
                Suspend::new(async move {
                    match shown.await {
                        Ok(v) => view(&v, wall),
                        Err(AppError::NotFound) => gone(),
                        Err(why) => page::failed(&why),
                    }
                })
            }}
        </Transition>
        <p><a href=move || format!("/posts/{}", id())>{tr("返回这篇内容", "Back to the post")}</a></p>
    };
    page::page(content.into_any())
}

fn view(v: &VersionShown, wall: bool) -> AnyView {
    let (id, no) = (v.post.id, v.line.no);
    let link = |to: &'static str, text: &'static str, here: bool| {
        let href = format!("/posts/{id}/preview?as={to}&version={no}");
        view! { <a class=if here { "button strong" } else { "button" } href=href aria-current=here.then_some("page")>{text}</a> }
    };
    let title = Lang::current().pick(format!("预览第 {no} 版"), format!("Preview of version {no}"));
    view! {
        <h1>{title}</h1>
        <p class="act">{link("phone", tr("手机", "Phone"), !wall)} {link("wall", tr("大屏", "Wall"), wall)}</p>
        {if wall { on_wall(v) } else { on_phone(v) }}
    }
    .into_any()
}

fn on_phone(v: &VersionShown) -> AnyView {
    let at = v.line.published_at.or(v.post.public_at).or(v.content.publish_at);
    view! {
        <p class="hint">{tr("宽 390 点的手机上公众看到的样子。", "As everybody sees it on a phone of 390 points across.")}</p>
        <div class="preview-phone" data-testid="phone" tabindex="0" role="region" aria-label=tr("手机预览", "On a phone")>
            {render::article(&v.post, &v.content, &v.files, at)}
        </div>
    }
    .into_any()
}

/// The wall's own tile and line, as high as they are on a wall of this window's height.
fn on_wall(v: &VersionShown) -> AnyView {
    let c = &v.content;
    let Some(category) = c.category else {
        return view! { <p class="told error" role="status">{tr("请先选择栏目。", "Choose a category first.")}</p> }
            .into_any();
    };
    let off = (!c.on_wall).then(|| {
        view! { <p class="told error" role="status">{tr("这一版没有选择在大屏显示;以下是选择后的样子。", "This version is not to be shown on the wall; it would look like this.")}</p> }
    });
    let shown = Headline {
        slug: v.post.slug.clone(),
        title: c.title.clone(),
        line: c.marquee.clone(),
        category,
        at: v.line.published_at.or(v.post.public_at).or(c.publish_at).unwrap_or(v.line.saved.at),
    };
    let is_public = v.post.public_no.is_some() && !v.post.hidden;
    view! {
        {off}
        <p class="hint">
            {tr(
                "大屏上的磁贴和滚动文字,按本窗口高度缩放;滚动文字在大屏上自右向左移动。",
                "The tile and the line of a wall, to the height of this window; on the wall the line goes by from right to left.",
            )}
        </p>
        {bulletin::preview(&shown, is_public)}
    }
    .into_any()
}
