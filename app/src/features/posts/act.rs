//! What is asked of posts, checked and done.

use super::api::{Autosaved, CopyShown, Counted, Differs, Draft, Shown, Typing, VersionShown};
use crate::{
    Ctx,
    ctx::{again, places},
    error::{AppError, done, fail, fail_at, internal},
    kit::{
        form::{FormAsk, taken},
        list::Choices,
    },
};
use data::post::{Asker, Clean, Save, Saved as Kept, Step};
use domain::{
    analysis::Span,
    clock,
    form::{Fault, Saved, Values},
    outcome::Text,
    post::{self, Act, Category, Content, Deny, FIELDS, RAW_MAX, Standing, TooLong},
    scope::Scope,
    trace,
};
use std::collections::BTreeMap;

/// Days whose openings are told.
const READ_DAYS: i32 = 30;

/// Does something with somebody who works on posts: the actor lives as long as the call.
macro_rules! asker {
    ($ctx:expr, $actor:ident) => {{
        $actor = $ctx.actor();
        Asker { viewer: $ctx.viewer, may: $ctx.who.permissions(), actor: &$actor }
    }};
}

fn none() -> AppError {
    fail(AppError::NotFound)
}

fn long(why: TooLong) -> AppError {
    fail(AppError::Field(why.0.into()))
}

/// What takes its time is done where nothing waits for it.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| {
        tracing::error!(error = %e, "a post");
        fail(AppError::Unavailable)
    })
}

fn word(code: &str, t: Text) -> (String, String, String) {
    (code.to_owned(), t.zh.to_owned(), t.en.to_owned())
}

/// What the list is narrowed to.
pub async fn choices(ctx: &Ctx) -> Result<Choices, AppError> {
    let mut all = places(ctx).await?;
    if let Some(districts) = all.get_mut("district").filter(|_| ctx.viewer.scope == Scope::City) {
        districts.insert(0, ("0".into(), "全市".into(), "The city".into()));
    }
    let authors = data::post_list::authors(&ctx.db, ctx.viewer).await.map_err(internal("authors of posts"))?;
    all.insert("by".into(), authors.into_iter().map(|(id, n)| (id.to_string(), n.clone(), n)).collect());
    Ok(all)
}

/// What the form of a new one is made of.
pub async fn ask(ctx: &Ctx) -> Result<FormAsk, AppError> {
    let mut all = places(ctx).await?;
    all.remove("org");
    all.insert("category".into(), Category::ALL.iter().map(|c| word(c.code(), c.info().text)).collect());
    let mut values = Values::new();
    if let Scope::District(d) = ctx.viewer.scope {
        values.insert("district".into(), d.to_string());
    }
    Ok(FormAsk { choices: all, today: clock::local_date(ctx.now), values })
}

/// Begins one.
pub async fn create(ctx: &Ctx, values: &Values) -> Result<Saved, AppError> {
    let faults = super::enter::check(values, clock::local_date(ctx.now));
    if !faults.is_empty() {
        return Ok(Saved::Faults(faults));
    }
    let (content, _) = post::read(values, clock::local_date(ctx.now));
    let content = data::post::clean(content).map_err(long)?;
    let given = values.get("district").map_or("", |d| d.trim());
    let district = match ctx.viewer.scope {
        Scope::District(own) if given.is_empty() => Some(own),
        _ if given.is_empty() => Some(0),
        _ => given.parse().ok(),
    };
    let Some(district) = district else { return Ok(Saved::Faults(vec![taken("district")])) };
    let actor;
    let asker = asker!(ctx, actor);
    let txn = ctx.begin().await?;
    let made = data::post::create(&txn, asker, district, &content, ctx.now).await.map_err(internal("new post"))?;
    match made {
        Ok(id) => {
            txn.commit().await.map_err(internal("commit"))?;
            Ok(Saved::Done(format!("/posts/{id}/edit")))
        }
        Err(Deny::District) => Ok(Saved::Faults(vec![taken("district")])),
        Err(Deny::Role) => Err(fail(AppError::NotAllowed)),
        Err(why) => Err(fail(AppError::Post(why))),
    }
}

async fn seen(ctx: &Ctx, id: i64) -> Result<(post::PostPage, Vec<Counted>), AppError> {
    let actor;
    let asker = asker!(ctx, actor);
    let page = data::post::one(&ctx.db, asker, id, "", ctx.now).await.map_err(internal("post"))?.ok_or_else(none)?;
    let files = data::post::files(&ctx.db, ctx.viewer, id).await.map_err(internal("files of a post"))?;
    Ok((page, files))
}

/// One within sight.
pub async fn one(ctx: &Ctx, id: i64) -> Result<Shown, AppError> {
    let (page, files) = seen(ctx, id).await?;
    let today = clock::local_day(ctx.now);
    let days = Span { first: today.saturating_sub(READ_DAYS - 1), last: today };
    let reads = data::post::reads(&ctx.db, ctx.viewer, id, days).await.map_err(internal("openings of a post"))?;
    let org = page.line.org_name.clone();
    Ok(Shown { page, files, reads, org, today: clock::local_date(ctx.now) })
}

/// What differs between two contents, field by field. Files are called by their names.
fn differs(was: &Content, is: &Content, files: &[Counted]) -> Vec<Differs> {
    let (a, b) = (post::values(was), post::values(is));
    let named = |tokens: &str| {
        let name = |t: &str| files.iter().find(|f| f.0.token == t).map_or_else(|| t.to_owned(), |f| f.0.name.clone());
        tokens.split(',').map(name).collect::<Vec<_>>().join("\n")
    };
    let text = |values: &Values, field: &str| {
        let value = values.get(field).map_or("", String::as_str);
        match field {
            "body" => post::plain(value),
            "cover" | "downloads" if !value.is_empty() => named(value),
            _ => value.to_owned(),
        }
    };
    let mut out = vec![];
    for field in FIELDS {
        let (x, y) = (text(&a, field), text(&b, field));
        if x != y {
            out.push((field.to_owned(), post::diff(&x, &y)));
        } else if a.get(field) != b.get(field) {
            out.push(("markup".to_owned(), vec![]));
        }
    }
    out
}

/// A version, and what differs from another.
pub async fn version(ctx: &Ctx, id: i64, no: i32, against: i32) -> Result<VersionShown, AppError> {
    let (page, files) = seen(ctx, id).await?;
    let of = async |no: i32| {
        let found = data::post::version(&ctx.db, ctx.viewer, id, no).await.map_err(internal("version of a post"))?;
        found.ok_or_else(none)
    };
    let (line, content) = of(if no == 0 { page.version.no } else { no }).await?;
    let against = if against == 0 {
        None
    } else {
        let (other, was) = of(against).await?;
        let (is, named) = (content.clone(), files.clone());
        Some((other, aside(move || differs(&was, &is, &named)).await?))
    };
    let versions = page.versions.iter().map(|v| (v.no, v.stage)).collect();
    Ok(VersionShown { post: page.line, line, content, files, versions, against })
}

/// What the editor is made of.
pub async fn draft(ctx: &Ctx, id: i64, copy: i64) -> Result<Draft, AppError> {
    let (page, files) = seen(ctx, id).await?;
    let beside = if copy == 0 {
        None
    } else {
        let found = data::post::copy(&ctx.db, ctx.viewer, copy).await.map_err(internal("copy of a post"))?;
        found.filter(|(line, _)| line.post == id)
    };
    let mut choices = places(ctx).await?;
    choices.insert("category".into(), Category::ALL.iter().map(|c| word(c.code(), c.info().text)).collect());
    let account = ctx.actor().account;
    Ok(Draft { page, files, choices, today: clock::local_date(ctx.now), beside, account })
}

/// A text that was kept aside, beside what stands in the post.
pub async fn copy(ctx: &Ctx, id: i64) -> Result<CopyShown, AppError> {
    let found = data::post::copy(&ctx.db, ctx.viewer, id).await.map_err(internal("copy of a post"))?;
    let (line, copy) = found.ok_or_else(none)?;
    let (page, files) = seen(ctx, line.post).await?;
    let (was, is, named) = (page.content.clone(), copy.clone(), files.clone());
    let differs = aside(move || differs(&was, &is, &named)).await?;
    Ok(CopyShown { line, copy, page, files, differs })
}

/// Saves what a window sent.
pub async fn save(ctx: &Ctx, t: &Typing) -> Result<Autosaved, AppError> {
    let (content, mut faults) = post::read(&t.values, clock::local_date(ctx.now));
    // What is merely missing hinders nobody who is writing.
    faults.retain(|f| t.values.get(&f.field).is_some_and(|v| !v.trim().is_empty()));
    let content = aside(move || data::post::clean(content)).await?.map_err(long)?;
    let put = match put(ctx, t, &content).await? {
        Err(Deny::Organisation) => {
            // An enterprise that cannot be named is no reason to lose the text.
            let bare = Content { org: 0, ..content.content().clone() };
            let bare = data::post::clean(bare).map_err(long)?;
            faults.push(taken("org"));
            put(ctx, t, &bare).await?.map_err(|why| fail(AppError::Post(why)))?
        }
        Err(Deny::Role) => return Err(fail(AppError::NotAllowed)),
        Err(why) => return Err(fail(AppError::Post(why))),
        Ok(saved) => saved,
    };
    Ok(put.told(ctx.now, faults))
}

/// What came of a save, before it is told.
struct Put(Kept);

impl Put {
    fn told(self, at: i64, faults: Vec<Fault>) -> Autosaved {
        match self.0 {
            Kept::Saved { revision, .. } => Autosaved::Saved { revision, at, same: false, faults },
            Kept::Same { revision } => Autosaved::Saved { revision, at, same: true, faults },
            Kept::Kept { copy, standing } => Autosaved::Kept { copy, standing: *standing },
        }
    }
}

async fn put(ctx: &Ctx, t: &Typing, content: &Clean) -> Result<Result<Put, Deny>, AppError> {
    let actor;
    let asker = asker!(ctx, actor);
    let save = Save { no: t.no, base: t.base, tab: &t.tab, typed: t.typed, content };
    let txn = ctx.begin().await?;
    let saved = data::post::save(&txn, asker, t.id, &save, ctx.now).await.map_err(internal("draft of a post"))?;
    let saved = saved.ok_or_else(none)?;
    if saved.is_ok() {
        txn.commit().await.map_err(internal("commit"))?;
    }
    Ok(saved.map(Put))
}

/// Saves what the plain form sent. What it holds is kept whatever is wrong with it; the page it goes on to says so.
pub async fn save_form(
    ctx: &Ctx,
    (id, no, base): (i64, i32, i64),
    mut values: Values,
    downloads: BTreeMap<String, String>,
    then: &str,
) -> Result<(), AppError> {
    if !downloads.is_empty() {
        values.insert("downloads".into(), downloads.into_keys().collect::<Vec<_>>().join(","));
    }
    let typing = Typing { id, no, base, tab: String::new(), typed: ctx.now, values };
    match save(ctx, &typing).await? {
        Autosaved::Saved { .. } if then == "post" => done(&format!("/posts/{id}?done=saved")),
        Autosaved::Saved { .. } => done(&format!("/posts/{id}/edit?done=saved&checked=1")),
        Autosaved::Kept { copy, .. } => done(&format!("/posts/copies/{copy}?done=kept")),
    }
    Ok(())
}

/// A window is open.
pub async fn present(ctx: &Ctx, id: i64, tab: &str) -> Result<Standing, AppError> {
    let actor;
    let asker = asker!(ctx, actor);
    let txn = ctx.begin().await?;
    let standing = data::post::present(&txn, asker, id, tab, ctx.now).await.map_err(internal("who writes"))?;
    let standing = standing.ok_or_else(none)?.map_err(|why| fail(AppError::Post(why)))?;
    txn.commit().await.map_err(internal("commit"))?;
    Ok(standing)
}

/// A window is closed.
pub async fn leave(ctx: &Ctx, id: i64, tab: &str) -> Result<(), AppError> {
    let txn = ctx.begin().await?;
    data::post::leave(&txn, ctx.actor().account, id, tab).await.map_err(internal("who writes"))?;
    txn.commit().await.map_err(internal("commit"))
}

/// What was pasted, made clean.
pub async fn clean(html: String) -> Result<String, AppError> {
    if html.len() > RAW_MAX {
        return Err(fail(AppError::Field("body".into())));
    }
    aside(move || data::sanitise::sanitise(&html)).await
}

/// Does something with one.
pub async fn run(ctx: &Ctx, id: i64, values: &Values) -> Result<(), AppError> {
    let given = |name: &str| values.get(name).map_or("", |v| v.trim());
    let back = |why: AppError| {
        let page = again(&format!("/posts/{id}"), &why, values);
        fail_at(why, &page)
    };
    let field = |name: &str| back(AppError::Field(name.into()));
    let act = Act::from_code(given("act")).ok_or_else(|| field("act"))?;
    if matches!(act, Act::Withdraw | Act::Discard) && given("sure") != "yes" {
        return Err(field("sure"));
    }
    let at = match values.get("at").map(|v| v.trim()) {
        // The field was there, and is empty: at once, whatever the version asked for.
        Some("") => Some(ctx.now),
        Some(text) => {
            let at = trace::known_at(text).ok_or_else(|| field("at"))?;
            Some(at - at.rem_euclid(clock::MINUTE_MS))
        }
        None => None,
    };
    let at = at.filter(|_| act == Act::Accept);
    let seen = (given("no").parse().unwrap_or_default(), given("revision").parse().unwrap_or_default());
    let step = Step { act, note: given("note").to_owned(), seen, at };
    let actor;
    let asker = asker!(ctx, actor);
    let txn = ctx.begin().await?;
    let taken = data::post::act(&txn, asker, id, &step, ctx.now).await.map_err(internal("act on a post"))?;
    match taken.ok_or_else(none)? {
        Ok(_) => {
            txn.commit().await.map_err(internal("commit"))?;
            done(&if act == Act::Revise { format!("/posts/{id}/edit") } else { format!("/posts/{id}?done=saved") });
            Ok(())
        }
        Err(why) => Err(back(AppError::Post(why))),
    }
}

/// Names one in addresses.
pub async fn slug(ctx: &Ctx, id: i64, slug: &str) -> Result<(), AppError> {
    let actor;
    let asker = asker!(ctx, actor);
    let txn = ctx.begin().await?;
    let named = data::post::set_slug(&txn, asker, id, slug, ctx.now).await.map_err(internal("name of a post"))?;
    match named.ok_or_else(none)? {
        Ok(()) => {
            txn.commit().await.map_err(internal("commit"))?;
            done(&format!("/posts/{id}?done=saved"));
            Ok(())
        }
        Err(why) => {
            let why = if why == Deny::Faults { AppError::Field("slug".into()) } else { AppError::Post(why) };
            let values = Values::from([("slug".to_owned(), slug.chars().take(100).collect())]);
            let page = again(&format!("/posts/{id}"), &why, &values);
            Err(fail_at(why, &page))
        }
    }
}

/// Says what becomes of a text that was kept aside.
pub async fn settle(ctx: &Ctx, id: i64, act: &str, (no, revision): (i32, i64)) -> Result<(), AppError> {
    let found = data::post::copy(&ctx.db, ctx.viewer, id).await.map_err(internal("copy of a post"))?;
    let (line, content) = found.ok_or_else(none)?;
    let page = format!("/posts/copies/{id}");
    let back = |why: AppError| {
        let page = again(&page, &why, &Values::new());
        fail_at(why, &page)
    };
    if !matches!(act, "take" | "keep") {
        return Err(back(AppError::Field("act".into())));
    }
    let actor;
    let asker = asker!(ctx, actor);
    let txn = ctx.begin().await?;
    if act == "take" {
        let content = aside(move || data::post::clean(content)).await?.map_err(long)?;
        let save = Save { no, base: revision, tab: "", typed: ctx.now, content: &content };
        let saved = data::post::save(&txn, asker, line.post, &save, ctx.now).await.map_err(internal("draft"))?;
        match saved.ok_or_else(none)? {
            Ok(Kept::Saved { .. } | Kept::Same { .. }) => {}
            // The draft went on since it was looked at, or is one no more: the copy stays, and nothing was written.
            Ok(Kept::Kept { standing, .. }) => {
                return Err(back(AppError::Post(if standing.open { Deny::Stale } else { Deny::Stage })));
            }
            Err(why) => return Err(back(AppError::Post(why))),
        }
    }
    let settled = data::post::settle(&txn, asker, id, ctx.now).await.map_err(internal("copy of a post"))?;
    settled.ok_or_else(none)?.map_err(|why| back(AppError::Post(why)))?;
    txn.commit().await.map_err(internal("commit"))?;
    done(&if act == "take" {
        format!("/posts/{}/edit?done=saved", line.post)
    } else {
        format!("/posts/{}?done=saved", line.post)
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::attachment::Format;

    #[test]
    fn what_differs_is_told_by_field_and_files_by_their_names() {
        let file = Attachment {
            token: "0f".repeat(16),
            format: Format::Pdf,
            name: "手册.pdf".into(),
            bytes: 1,
            sha256: String::new(),
            width: 0,
            height: 0,
            seconds: 0,
        };
        let was = Content { title: "一".into(), body: "<p>同样</p>".into(), ..Content::default() };
        let is = Content {
            title: "二".into(),
            body: "<p><strong>同样</strong></p>".into(),
            downloads: vec![file.token.clone()],
            ..Content::default()
        };
        let all = differs(&was, &is, &[(file, 0)]);
        let names: Vec<&str> = all.iter().map(|d| d.0.as_str()).collect();
        assert_eq!(names, ["title", "markup", "downloads"]);
        assert_eq!(all[2].1[0].text, "手册.pdf");
        assert!(differs(&is, &is, &[]).is_empty());
    }

    use domain::attachment::Attachment;
}
