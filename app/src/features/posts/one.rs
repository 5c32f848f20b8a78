//! `/posts/:id`: a post, how its newest version stands, what everybody sees, what can be done, and what was.

use super::{Shown, number, post_one, render, spec};
use crate::{
    error::AppError,
    kit::{
        area::lines,
        detail::{Detail, Section, facts},
        entered, format,
        list::Tone,
        page, table, told,
    },
    lang::{Lang, tr},
};
use domain::{
    clock,
    form::{Fault, Values},
    outcome::Text,
    post::{Act, Done, NOTE_MAX, PostPage, SLUG_MAX, Stage, VersionLine, lacks},
};
use leptos::prelude::*;

/// What a form that could not be taken brings back, by its name.
const ENTERED: [&str; 4] = ["act", "note", "at", "slug"];

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let id = number::<i64>("id");
    let one = Resource::new_blocking(id, post_one);
    let given = entered::resource(&ENTERED);
    let content = view! {
        {page::title(move || format!("{} {} · {}", tr("宣传内容", "Post"), id(), tr("瓶迹", "Pingji")))}
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match (one.await, given.await) {
                    (Ok(p), given) => view(&p, &given),
                    (Err(AppError::NotFound), _) => gone(),
                    (Err(why), _) => page::failed(&why),
                }
            })}
        </Transition>
        <p><a href="/posts">{tr("返回列表", "Back to the list")}</a></p>
    };
    page::page(content.into_any())
}

/// In place of a post that is not there.
pub(super) fn gone() -> AnyView {
    page::missing(tr("没有这篇内容", "No such post"))
}

fn view(s: &Shown, entered: &Values) -> AnyView {
    let (p, lang) = (&s.page, Lang::current());
    let id = p.line.id;
    let mut badges = vec![(spec::tone(p.version.stage), lang.text(p.version.stage.text()).to_owned())];
    if p.line.pinned {
        badges.push((Tone::Plain, tr("置顶", "pinned").to_owned()));
    }
    if p.line.hidden {
        badges.push((Tone::Bad, tr("不在有效期内,公众看不到", "not within its validity: nobody sees it").to_owned()));
    }
    let mut actions = vec![];
    if p.may.edit {
        actions.push((format!("/posts/{id}/edit"), tr("编辑", "Edit")));
    }
    actions.push((format!("/posts/{id}/preview?as=phone"), tr("手机预览", "On a phone")));
    actions.push((format!("/posts/{id}/preview?as=wall"), tr("大屏预览", "On the wall")));
    let section = |id, title, note: String, content| Section { id, title, note, content };
    let mut sections = vec![section("now", tr("现状", "How it stands"), String::new(), standing(s))];
    let copies = copies(p);
    sections
        .extend(copies.map(|c| section("copies", tr("未合并的文稿", "Texts that were kept aside"), String::new(), c)));
    let lacking = if p.version.stage == Stage::Draft { lacks(&p.content, s.today) } else { vec![] };
    if !lacking.is_empty() {
        sections.push(section(
            "lacks",
            tr("提交前须补全", "Before it can be submitted"),
            String::new(),
            lacking_list(&lacking),
        ));
    }
    sections.push(section(
        "acts",
        tr("办理", "What can be done"),
        String::new(),
        acts(p, !lacking.is_empty(), entered),
    ));
    let newest = lang.pick(format!("第 {} 版", p.version.no), format!("version {}", p.version.no));
    let text = view! { {render::article(&p.line, &p.content, &s.files, p.version.published_at)} {render::settings(&p.content, &s.org)} };
    sections.push(section("text", tr("最新一版", "The newest version"), newest, text.into_any()));
    sections.push(section("versions", tr("版本与经过", "Versions, and who did what"), String::new(), versions(p)));
    if !s.files.is_empty() {
        sections.push(section("files", tr("文件", "Files"), String::new(), render::files(&s.files)));
    }
    sections.push(section("reads", tr("阅读", "How often it was opened"), reads_note(p), reads(&s.reads)));
    let title = if p.line.title.is_empty() { format!("#{id}") } else { p.line.title.clone() };
    Detail { kind: tr("宣传内容", "Post"), code: title, badges, actions, aside: None, sections }.view()
}

/// What everybody sees, what is under way, and what comes next.
fn standing(s: &Shown) -> AnyView {
    let (p, lang) = (&s.page, Lang::current());
    let id = p.line.id;
    let district = if p.line.division == 0 { tr("全市", "The city").to_owned() } else { p.line.district.clone() };
    let mut all = vec![
        (tr("下一步", "What comes next"), spec::next(&p.line, lang)),
        (tr("区县", "District"), district),
        (tr("作者", "Author"), p.line.author.clone()),
        (tr("最近修改", "Changed"), clock::local_text(p.line.changed_at)),
        (tr("网址名称", "Name in addresses"), p.line.slug.clone()),
    ];
    if let Some(at) = p.line.publish_at {
        all.push((tr("将于此时发布", "Is published at"), clock::local_text(at)));
    }
    let public = p.line.public_no.map(|no| {
        let since = p.line.public_at.map(clock::local_text).unwrap_or_default();
        let is_newest = no == p.version.no;
        view! {
            <p class="post-public">
                {tr("公众看到的是", "Everybody sees")} " "
                <a href=format!("/posts/{id}/versions/{no}")>{tr("第", "version")} " " {no.to_string()} " " {tr("版", "")}</a>
                {tr(",自 ", ", since ")} {since} {tr(" 起。", ". ")}
                {(!is_newest).then(|| view! {
                    {tr("最新一版尚未发布:", "The newest version is not published: ")}
                    <a href=format!("/posts/{id}/versions/{}?against={no}", p.version.no)>{tr("比较两版", "compare both")}</a>
                })}
            </p>
        }
    });
    let reason = (!p.version.reason.is_empty() && matches!(p.version.stage, Stage::Draft | Stage::Withdrawn)).then(|| {
        view! { <p class="told error">{tr("退回或撤回的原因:", "Why it came back: ")} <q class="prose">{p.version.reason.clone()}</q></p> }
    });
    view! { {public} {reason} {facts(all)} {slug(p)} }.into_any()
}

/// Its name in addresses can be given until it was public: nobody was sent to it by another.
fn slug(p: &PostPage) -> Option<AnyView> {
    let ever = p.versions.iter().any(|v| v.published_at.is_some());
    let named = !p.line.slug.starts_with(|c: char| c.is_ascii_digit());
    let value = if named { p.line.slug.clone() } else { String::new() };
    (!ever && p.may.acts.iter().any(|a| matches!(a, Act::Submit | Act::Recall))).then(|| {
        view! {
            <details class="post-slug">
                <summary>{tr("设置网址名称", "Name it in addresses")}</summary>
                <form method="post" action="/api/fn/post_slug" class="handle">
                    <input type="hidden" name="id" value=p.line.id.to_string()/>
                    <label for="slug">{tr("小写字母、数字和连字符,以字母开头", "Lower-case letters, digits, hyphens; a letter first")}</label>
                    <input id="slug" name="slug" type="text" required maxlength=SLUG_MAX.to_string() pattern="[a-z][a-z0-9\\-]+" value=value/>
                    <p class="act"><button type="submit">{tr("保存", "Save")}</button></p>
                </form>
            </details>
        }
        .into_any()
    })
}

fn copies(p: &PostPage) -> Option<AnyView> {
    let one = |c: &domain::post::CopyLine| {
        view! {
            <li>
                <a href=format!("/posts/copies/{}", c.id)>{c.of.name.clone()} " " {clock::local_text(c.of.at)}</a>
                " · " {Lang::current().text(c.why.text())}
            </li>
        }
    };
    (!p.standing.copies.is_empty()).then(|| {
        view! {
            <p>{tr("这些文稿没有写入正文,也没有丢失,请逐一处理:", "These are not in the post, and not lost. Look through each:")}</p>
            <ul class="links" data-testid="copies">{p.standing.copies.iter().map(one).collect_view()}</ul>
        }
        .into_any()
    })
}

fn lacking_list(all: &[Fault]) -> AnyView {
    let lang = Lang::current();
    let one = |f: &Fault| {
        let name = render::label(&f.field).to_owned();
        view! { <li>{name} {tr(":", ": ")} {lang.pick(f.zh.clone(), f.en.clone())}</li> }
    };
    view! { <ul class="post-lacks" data-testid="lacks">{all.iter().map(one).collect_view()}</ul> }.into_any()
}

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const fn note_of(act: Act) -> Text {
    match act {
        Act::Return => t("退回原因", "Why it is sent back"),
        Act::Withdraw => t("撤回原因", "Why it is withdrawn"),
        _ => t("说明", "In words"),
    }
}

/// What can be done now, each act a plain form of its own, folded.
fn acts(p: &PostPage, lacking: bool, entered: &Values) -> AnyView {
    let lang = Lang::current();
    let own = p.version.stage == Stage::Submitted && !p.may.acts.contains(&Act::Accept);
    if p.may.acts.is_empty() {
        return view! { <p>{tr("现在没有您可以办理的事项。", "There is nothing for you to do now.")}</p> }.into_any();
    }
    let form = |act: &Act| {
        let act = *act;
        // What is done to what everybody sees names that version, whatever is written beside it.
        let of_public = matches!(act, Act::Withdraw | Act::Pin | Act::Unpin);
        let public = p.versions.iter().find(|v| of_public && Some(v.no) == p.line.public_no);
        let v: &VersionLine = public.unwrap_or(&p.version);
        let tried = entered.get("act").is_some_and(|a| a == act.code());
        let given = |name: &str| entered.get(name).filter(|_| tried).cloned().unwrap_or_default();
        let id = |name: &str| format!("{}-{name}", act.code());
        let needs = act.needs_reason();
        let note = (needs || act == Act::Accept).then(|| {
            view! {
                <label for=id("note")>{lang.text(note_of(act))} {if needs { " *" } else { "" }}</label>
                <textarea id=id("note") name="values[note]" rows="3" maxlength=NOTE_MAX.to_string() required=needs inner_html=lines(&given("note"))></textarea>
            }
        });
        let at = (act == Act::Accept).then(|| {
            let asked = p
                .content
                .publish_at
                .map(|ms| domain::trace::known_text(ms).chars().take(16).collect())
                .unwrap_or_default();
            let value = if tried { given("at") } else { asked };
            view! {
                <label for=id("at")>{tr("发布时间(留空为立即发布)", "When it is published (empty: at once)")}</label>
                <input id=id("at") type="datetime-local" name="values[at]" value=value/>
            }
        });
        let sure = matches!(act, Act::Withdraw | Act::Discard).then(|| {
            let text = if act == Act::Withdraw {
                tr("确认撤回:公众将立即看不到", "Yes: nobody sees it any more, at once")
            } else {
                tr("确认放弃这一版", "Yes: give this version up")
            };
            view! { <label class="post-sure"><input type="checkbox" name="values[sure]" value="yes" required/> " " {text}</label> }
        });
        let hint = (act == Act::Submit && lacking).then(|| {
            view! { <p class="hint">{tr("仍有内容须补全,补全后才能提交。", "Something is missing still: it can be submitted when it is there.")}</p> }
        });
        view! {
            <details open=tried>
                <summary>{lang.text(act.text())}</summary>
                <form method="post" action="/api/fn/post_act" class="handle">
                    <input type="hidden" name="id" value=p.line.id.to_string()/>
                    <input type="hidden" name="values[act]" value=act.code()/>
                    <input type="hidden" name="values[no]" value=v.no.to_string()/>
                    <input type="hidden" name="values[revision]" value=v.revision.to_string()/>
                    {hint}
                    {at}
                    {note}
                    {sure}
                    <p class="act"><button type="submit">{lang.text(act.text())}</button></p>
                </form>
            </details>
        }
        .into_any()
    };
    let forms: Vec<AnyView> = p.may.acts.iter().map(form).collect();
    view! {
        {own.then(|| view! { <p class="hint">{tr("等待审核:编辑或提交过本版的人不能审核。", "It awaits review, by somebody who had no hand in it.")}</p> })}
        <div class="acts post-acts">{forms}</div>
    }
    .into_any()
}

fn versions(p: &PostPage) -> AnyView {
    let (id, lang) = (p.line.id, Lang::current());
    let who = |title: &'static str, d: &Done| format!("{title} {} {}", d.name, clock::local_text(d.at));
    let row = |v: &VersionLine| {
        let mut done = vec![who(tr("开始", "begun:"), &v.begun)];
        if v.revision > 0 {
            done.push(who(tr("最后保存", "saved last:"), &v.saved));
        }
        done.extend(v.submitted.as_ref().map(|d| who(tr("提交", "submitted:"), d)));
        done.extend(v.decided.as_ref().map(|d| who(tr("审核", "reviewed:"), d)));
        done.extend(v.published_at.map(|at| format!("{} {}", tr("发布", "published:"), clock::local_text(at))));
        done.extend(v.ended_at.map(|at| format!("{} {}", tr("结束", "ended:"), clock::local_text(at))));
        if !v.reason.is_empty() {
            done.push(format!("{} {}", tr("原因", "reason:"), v.reason));
        }
        let done: Vec<AnyView> = done.into_iter().map(|d| view! { <li>{d}</li> }.into_any()).collect();
        let stage = lang.text(v.stage.text());
        let earlier = (v.no > 1).then(|| {
            let href = format!("/posts/{id}/versions/{}?against={}", v.no, v.no - 1);
            view! { <br/><a href=href>{tr("与上一版比较", "compare with the one before")}</a> }
        });
        vec![
            view! { <a href=format!("/posts/{id}/versions/{}", v.no)>{lang.pick(format!("第 {} 版", v.no), format!("Version {}", v.no))}</a> {earlier} }.into_any(),
            view! { <span class=format!("badge {}", spec::tone(v.stage).class())>{stage}</span> }.into_any(),
            v.title.clone().into_any(),
            view! { <ul class="post-done">{done}</ul> }.into_any(),
        ]
    };
    let columns = [
        (tr("版本", "Version"), "kind"),
        (tr("状态", "Stage"), "kind"),
        (tr("标题", "Title"), ""),
        (tr("经过", "Who did what, and when"), ""),
    ];
    table::table(tr("版本", "Versions"), "post-versions", &columns, p.versions.iter().map(row).collect())
}

fn reads_note(p: &PostPage) -> String {
    let n = format::count(p.line.reads);
    Lang::current().pick(format!("共 {n} 次;不记录是谁"), format!("{n} times in all; nobody is kept on record"))
}

fn reads(all: &[(i32, i64)]) -> AnyView {
    if all.is_empty() {
        return view! { <p>{tr("最近 30 天无人阅读", "Nobody opened it within thirty days")}</p> }.into_any();
    }
    let most = all.iter().map(|r| r.1).max().unwrap_or(1).max(1);
    let row = |(day, n): &(i32, i64)| {
        vec![
            clock::date_of(*day).to_string().into_any(),
            format::count(*n).into_any(),
            view! { <meter min="0" max=most.to_string() value=n.to_string() aria-label=format!("{n}")></meter> }
                .into_any(),
        ]
    };
    let columns = [(tr("日期", "Day"), "when"), (tr("次数", "Times"), "num"), ("", "")];
    table::table(
        tr("最近 30 天的阅读", "Openings of thirty days"),
        "post-reads",
        &columns,
        all.iter().rev().map(row).collect(),
    )
}
