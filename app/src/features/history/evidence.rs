//! `/cylinders/:code/evidence`: what the record holds against or for a cylinder, to be printed; and the pack that can be checked.

use super::{EvidencePage, cylinder_evidence, summary, table, trace};
use crate::{
    error::AppError,
    features::cylinders,
    kit::{
        detail::{Detail, Section, facts},
        page,
    },
    lang::{Lang, tr},
};
use domain::clock;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let params = use_params_map();
    let code = move || params.with(|p| p.get("code")).unwrap_or_default();
    let evidence = Resource::new_blocking(code, |code| async move { (cylinder_evidence(code.clone()).await, code) });
    let content = view! {
        {page::title(move || format!("{} · {} · {}", code(), tr("证据", "Evidence"), tr("瓶迹", "Pingji")))}
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                let (answer, code) = evidence.await;
                outcome(answer, &code)
            })}
        </Transition>
    };
    page::page(content.into_any())
}

fn outcome(answer: Result<Option<EvidencePage>, AppError>, code: &str) -> AnyView {
    match answer {
        Ok(Some(e)) => view(&e),
        Ok(None) => cylinders::missing(code),
        Err(why) => page::failed(&why),
    }
}

fn view(e: &EvidencePage) -> AnyView {
    let t = &e.trace;
    let rows = &t.history.rows;
    let last = rows.iter().map(|r| r.no).chain(t.attempts.iter().map(|a| a.no)).max().unwrap_or_default();
    let breaks = rows.iter().filter(|r| !r.breaks.is_empty()).count();
    let section = |id, title, note, content| Section { id, title, note, content };
    let sections = vec![
        section("pack", tr("证据包", "The pack"), String::new(), pack(e)),
        section("state", tr("状态", "State"), String::new(), trace::state(t)),
        section("gate", tr("现在能否充装", "Could it be filled now"), trace::rules(t), trace::gate(t)),
        section("flaws", tr("链路断点", "Breaks in the chain"), String::new(), trace::flaws(rows)),
        section(
            "attempts",
            tr("充装核验", "Questions to the gate"),
            String::new(),
            trace::attempts(&t.attempts, usize::MAX),
        ),
        section("events", tr("流转记录", "Events"), summary(rows.len(), breaks), table::events(rows.clone())),
    ];
    let made = match Lang::current() {
        Lang::Zh => format!("依据台账第 {} 至 {last} 号记录,{} 生成。", t.id, clock::local_text(t.known)),
        Lang::En => format!("Made at {} of the ledger's records {} to {last}.", clock::local_text(t.known), t.id),
    };
    let shown = if t.history.tag.is_empty() { t.history.stamp_no.clone() } else { t.history.tag.clone() };
    Detail {
        kind: tr("钢瓶证据", "Evidence on"),
        code: shown,
        badges: vec![],
        actions: vec![],
        aside: Some(view! { <p class="known">{made}</p> }.into_any()),
        sections,
    }
    .view()
}

/// The pack, how it is checked, and by whose key.
fn pack(e: &EvidencePage) -> AnyView {
    let href = format!("/evidence/{}.zip", e.trace.id);
    let how = match Lang::current() {
        Lang::Zh => {
            "证据包含全部事件、核验、所用规则及档案(JSON),清单列出每个文件的 SHA-256 和台账内容摘要,并由本系统密钥签名。校验:pingji verify --pack 文件 --key 下列公钥。"
        }
        Lang::En => {
            "The pack holds all events, decisions, the rules used and the file (JSON); its manifest names the SHA-256 of each file and the ledger's content hashes, signed by this deployment's key. Check it by: pingji verify --pack FILE --key with the key below."
        }
    };
    view! {
        <p class="no-print">
            {if e.may_export {
                view! {
                    <a class="button strong" href=href rel="external" download data-testid="pack">{tr("下载证据包 (ZIP)", "Download the pack (ZIP)")}</a>
                }
                .into_any()
            } else {
                view! { <span class="quiet">{tr("下载需要导出权限。", "The download needs the permission to export.")}</span> }.into_any()
            }}
        </p>
        <p>{how}</p>
        {facts(vec![(tr("签名公钥 (Ed25519)", "Public key (Ed25519)"), e.key.clone())])}
    }
    .into_any()
}
