//! `/collisions`: files that may be of one cylinder, side by side, for a person to settle (S0-04).

mod api;

pub use api::{CollisionDifferent, CollisionList, CollisionSame, collision_different, collision_list, collision_same};

use crate::{
    error::AppError,
    features::cylinders::address,
    kit::{detail::or_none, format, page, table, told},
    lang::{Lang, tr},
};
use domain::{
    clock::local_text,
    collision::{Collision, Collisions, Kind, REASON_MAX, Side},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|q| {
            let kind = q.get("kind").and_then(|k| Kind::from_code(&k)).unwrap_or(Kind::SameStamp);
            (kind, q.get("after").unwrap_or_default())
        })
    });
    let found = Resource::new_blocking(
        move || asked.get(),
        |(kind, after)| async move { (collision_list(kind.code().to_owned(), after.clone()).await, kind, after) },
    );
    let content = view! {
        <Title text=tr("重复与冲突 · 瓶迹", "Duplicates · Pingji")/>
        <h1>{tr("重复与冲突", "Duplicates and collisions")}</h1>
        <p class="quiet">
            {tr(
                "下列档案可能是同一只钢瓶,或一个编码通向两只钢瓶。请对照实物处理:每一步都留痕。",
                "These files may be of one cylinder, or one code leads to two. Compare with the cylinders; each step stays on record.",
            )}
        </p>
        {told::told()}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                let (answer, kind, after) = found.await;
                view! { {kinds(kind)} {outcome(answer, kind, &after)} }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

/// The address of a page of a kind.
fn at(kind: Kind, after: &str) -> String {
    let after = if after.is_empty() { String::new() } else { format!("&after={after}") };
    format!("/collisions?kind={}{after}", kind.code())
}

fn kinds(here: Kind) -> AnyView {
    let lang = Lang::current();
    let links = Kind::ALL.iter().map(|(kind, _)| {
        let (zh, en) = kind.words();
        let current = (*kind == here).then_some("page");
        view! { <a href=at(*kind, "") aria-current=current>{lang.pick(zh, en)}</a> }
    });
    view! { <nav class="ways" aria-label=tr("类别", "Kinds")>{links.collect_view()}</nav> }.into_any()
}

fn outcome(answer: Result<Collisions, AppError>, kind: Kind, after: &str) -> AnyView {
    match answer {
        Ok(found) if found.pairs.is_empty() => view! {
            <section class="notice empty" role="status" data-testid="nothing">
                <h2>{tr("没有待处理的重复或冲突", "Nothing of this kind is left to settle")}</h2>
                <p>{tr("可查看其他类别,或返回钢瓶档案。", "Look at the other kinds, or go back to the archive.")}</p>
                <p><a class="button" href="/cylinders">{tr("钢瓶档案", "Archive")}</a></p>
            </section>
        }
        .into_any(),
        Ok(found) => {
            let back = at(kind, after);
            let next = (!found.after.is_empty()).then(|| at(kind, &found.after));
            view! {
                {found.pairs.iter().map(|c| pair(c, found.may_settle, &back)).collect_view()}
                {next.map(|href| view! { <p><a class="button" rel="next" href=href>{tr("下一页", "Next")}</a></p> })}
            }
            .into_any()
        }
        Err(why) => page::failed(&why),
    }
}

/// What a side says, line by line: the name, and whether it is the same in both is told by comparing.
fn lines(s: &Side) -> Vec<(&'static str, String)> {
    let lang = Lang::current();
    let kilos = s.tare_g.map(|g| format!("{} kg", format::thousandths(g, 1))).unwrap_or_default();
    let last = if s.last_at > 0 { local_text(s.last_at) } else { String::new() };
    vec![
        (tr("标签号", "Tag"), s.tag.clone()),
        (tr("钢印号", "Stamped no."), s.stamp_no.clone()),
        (tr("出厂编号", "Serial no."), s.serial_no.clone()),
        (tr("制造单位", "Maker"), s.maker.clone()),
        (tr("规格", "Model"), s.model.clone()),
        (tr("充装介质", "Medium"), s.medium.clone()),
        (tr("出厂日期", "Made"), s.made.clone()),
        (tr("上次检测", "Last inspection"), s.inspected.clone()),
        (tr("自重", "Tare"), kilos),
        (tr("产权单位", "Owner"), s.org.clone()),
        (tr("所属站点", "Home station"), s.home.clone()),
        (tr("档案状态", "File"), lang.pick(s.file.zh(), s.file.en()).to_owned()),
        (tr("流转状态", "Custody"), lang.pick(s.custody.zh(), s.custody.en()).to_owned()),
        (tr("记录数", "Records"), format::count(s.events)),
        (tr("最后一条记录", "Last record"), last),
    ]
}

fn pair(c: &Collision, may_settle: bool, back: &str) -> AnyView {
    let (one, other) = (lines(&c.one), lines(&c.other));
    let rows = one.into_iter().zip(other).map(|((name, a), (_, b))| {
        let differs = a != b;
        let cell = |text: String| view! { <span class:differs=differs>{or_none(&text)}</span> }.into_any();
        vec![view! { <strong>{name}</strong> }.into_any(), cell(a), cell(b)]
    });
    let columns = [(tr("项目", "What"), "kind"), (tr("甲", "A"), ""), (tr("乙", "B"), "")];
    let table = table::table(tr("两份档案", "Both files"), "pair", &columns, rows.collect());
    let link = |s: &Side, word: &'static str| {
        let code = if s.tag.is_empty() { s.stamp_no.clone() } else { s.tag.clone() };
        view! { <a href=address(&s.tag, &s.stamp_no)>{word} " " <span class="code">{code}</span></a> }
    };
    let id = format!("pair-{}-{}", c.one.id, c.other.id);
    let named = id.clone();
    view! {
        <section class="collision" aria-labelledby=named>
            <h2 id=id>{link(&c.one, tr("甲", "A"))} " · " {link(&c.other, tr("乙", "B"))}</h2>
            {table}
            {may_settle.then(|| settle(c, back))}
        </section>
    }
    .into_any()
}

/// The two ways to settle a pair: plain forms.
fn settle(c: &Collision, back: &str) -> AnyView {
    let id = format!("{}-{}", c.one.id, c.other.id);
    let hidden = |back: &str| {
        view! {
            <input type="hidden" name="kind" value=c.kind.code()/>
            <input type="hidden" name="one" value=c.one.id.to_string()/>
            <input type="hidden" name="other" value=c.other.id.to_string()/>
            <input type="hidden" name="back" value=back.to_owned()/>
        }
    };
    let (why_same, why_other) = (format!("same-{id}"), format!("other-{id}"));
    let most = REASON_MAX.to_string();
    let stays = |value: &'static str, word: &'static str, goes: bool| {
        view! {
            <label>
                <input type="radio" name="stays" value=value required disabled=!goes/>
                <span>{word}</span>
            </label>
        }
    };
    let none_goes = !c.one.can_go() && !c.other.can_go();
    view! {
        <details class="settle">
            <summary class="button">{tr("处理", "Settle")}</summary>
            <div class="settle-ways">
                <form method="post" action="/api/fn/collision_same" class="handle">
                    <h3>{tr("是同一只钢瓶", "They are the same cylinder")}</h3>
                    {hidden(back)}
                    <fieldset>
                        <legend>{tr("保留哪份档案", "Which file stays")}</legend>
                        {stays("one", tr("保留甲,注销乙", "A stays, B is closed"), c.other.can_go())}
                        {stays("other", tr("保留乙,注销甲", "B stays, A is closed"), c.one.can_go())}
                    </fieldset>
                    {none_goes.then(|| view! {
                        <p class="quiet">{tr("两份档案都已报废或注销,无需合并。", "Both files are closed already.")}</p>
                    })}
                    <label for=why_same.clone()>{tr("理由 *", "Reason *")}</label>
                    <input id=why_same name="reason" type="text" maxlength=most.clone() required autocomplete="off"/>
                    <label class="sure">
                        <input type="checkbox" name="sure" value="yes" required/>
                        <span>{tr("确认:被注销的档案不再可用,其记录保留并指向保留的档案", "Close it: its records stay, and point to the file that stays")}</span>
                    </label>
                    <p class="quiet">
                        {tr(
                            "被注销档案的标签不会转到保留的档案:请为钢瓶换绑标签。",
                            "Its tags do not move to the file that stays: bind a tag to that one.",
                        )}
                    </p>
                    <button type="submit" disabled=none_goes>{tr("合并", "Merge")}</button>
                </form>
                <form method="post" action="/api/fn/collision_different" class="handle">
                    <h3>{tr("不是同一只钢瓶", "They are two cylinders")}</h3>
                    {hidden(back)}
                    <label for=why_other.clone()>{tr("理由 *", "Reason *")}</label>
                    <input id=why_other name="reason" type="text" maxlength=most required autocomplete="off"/>
                    <button type="submit" class="quiet">{tr("确认不同", "Two cylinders")}</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}
