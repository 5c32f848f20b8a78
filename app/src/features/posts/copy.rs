//! `/posts/copies/:id`: a text that was kept aside because two wrote at once, beside what stands in the post.

use super::{CopyShown, number, one::gone, post_copy, render};
use crate::{
    error::AppError,
    kit::{
        detail::{Detail, Section, facts},
        list::Tone,
        page, told,
    },
    lang::{Lang, tr},
};
use domain::{clock, post::Why};
use leptos::prelude::*;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let id = number::<i64>("id");
    let shown = Resource::new_blocking(id, post_copy);
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("未合并的文稿", "Text kept aside"), id(), tr("瓶迹", "Pingji")))}
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(c) => view(&c),
                    Err(AppError::NotFound) => gone(),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href="/posts">{tr("返回列表", "Back to the list")}</a></p>
    };
    page::page(content.into_any())
}

fn view(c: &CopyShown) -> AnyView {
    let lang = Lang::current();
    let p = &c.page;
    let open = p.standing.copies.iter().any(|o| o.id == c.line.id);
    let badge = if open {
        (Tone::Warn, tr("待处理", "to be looked through").to_owned())
    } else {
        (Tone::Ok, tr("已处理", "looked through").to_owned())
    };
    let (of, other) = match c.line.why {
        Why::Conflict => (tr("这份文稿的作者", "Whose text this is"), tr("先保存的人", "Who had saved before")),
        Why::Handover => (tr("原先保存的人", "Who had saved it"), tr("接着修改的人", "Who went on from it")),
    };
    let about = vec![
        (tr("为何另存", "Why it was kept aside"), lang.text(c.line.why.text()).to_owned()),
        (of, format!("{} · {}", c.line.of.name, clock::local_text(c.line.of.at))),
        (other, format!("{} · {}", c.line.other.name, clock::local_text(c.line.other.at))),
        (tr("写于版本", "Written in version"), c.line.no.to_string()),
    ];
    let side = |title: String, content: &domain::post::Content| {
        view! {
            <section class="post-side">
                <h3>{title}</h3>
                {render::article(&p.line, content, &c.files, None)}
            </section>
        }
    };
    let saved = &p.version.saved;
    let both = view! {
        <div class="post-sides" data-testid="both">
            {side(format!("{} · {} {}", tr("帖中现有内容", "What stands in the post"), saved.name, clock::local_text(saved.at)), &p.content)}
            {side(format!("{} · {} {}", tr("另存的文稿", "What was kept aside"), c.line.of.name, clock::local_text(c.line.of.at)), &c.copy)}
        </div>
    };
    let section = |id, title, content| Section { id, title, note: String::new(), content };
    let mut sections = vec![section("about", tr("经过", "What happened"), facts(about))];
    if p.may.edit {
        sections.push(section("settle", tr("处理", "What becomes of it"), settle(c, open)));
    }
    sections.push(section("differs", tr("差别", "What differs"), render::differs(&c.differs)));
    sections.push(section("both", tr("两份全文", "Both texts"), both.into_any()));
    let actions = vec![(format!("/posts/{}", p.line.id), tr("这篇内容", "The post"))];
    Detail {
        kind: tr("未合并的文稿", "Text kept aside"),
        code: c.line.title.clone(),
        badges: vec![badge],
        actions,
        aside: None,
        sections,
    }
    .view()
}

/// Take it, leave it, or work it in by hand. It stays on record whatever is chosen.
fn settle(c: &CopyShown, open: bool) -> AnyView {
    let p = &c.page;
    let form = |act: &'static str, text: &'static str, hint: &'static str| {
        view! {
            <form method="post" action="/api/fn/post_copy_settle" class="handle">
                <input type="hidden" name="id" value=c.line.id.to_string()/>
                <input type="hidden" name="act" value=act/>
                <input type="hidden" name="no" value=p.version.no.to_string()/>
                <input type="hidden" name="revision" value=p.version.revision.to_string()/>
                <p class="act"><button type="submit">{text}</button> <span>{hint}</span></p>
            </form>
        }
    };
    view! {
        {form("take", tr("采用这份文稿", "Take this text"), tr("它成为草稿内容;现有内容另存,可随时找回。", "It becomes the draft; what stands there now is kept."))}
        {open.then(|| form("keep", tr("保留现有内容", "Leave the draft as it is"), tr("这份文稿仍可查看。", "This text can be looked up still.")))}
        <p class="act">
            <a class="button" href=format!("/posts/{}/edit?copy={}", p.line.id, c.line.id)>{tr("手工合并", "Merge by hand")}</a>
            <span>{tr("在编辑器中打开草稿,这份文稿列在旁边。", "Opens the draft in the editor with this text beside it.")}</span>
        </p>
    }
    .into_any()
}
