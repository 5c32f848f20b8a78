//! `/cylinders/edit?cylinder=…`: the file of a cylinder is put right (档案变更). What stood there stays in the record.

#![allow(missing_docs, reason = "the server macro makes a struct of the arguments and cannot document its fields")]

use crate::{
    error::AppError,
    kit::form::{self, Entry, Field, FormAsk, FormSpec},
};
use domain::{
    amendment,
    form::{Saved, Values},
    outcome::Text,
};
#[cfg(feature = "ssr")]
use domain::{
    event::{Content, EventKind},
    form::Fault,
    outcome::RecordCode,
    permission::Permission as P,
};
use leptos::{prelude::*, server_fn::codec::Json};
use leptos_router::hooks::use_query_map;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const fn field(name: &'static str, title: Text, needed: bool, entry: Entry) -> Field {
    Field { name, title, hint: None, needed, entry }
}

/// The page.
pub const PATH: &str = "/cylinders/edit";

static SPEC: FormSpec = FormSpec {
    title: t("变更档案", "Put a file right"),
    submit: t("提交变更", "Put it right"),
    action: "/api/fn/cylinder_amend",
    fields: &[
        field("cylinder", t("气瓶", "Cylinder"), true, Entry::Fixed),
        Field {
            hint: Some(t("改为其他单位的站点,产权单位随之改变", "Another owner's station makes it the owner")),
            ..field("site", t("所属站点", "Home station"), true, Entry::Record)
        },
        field("medium", t("充装介质", "Medium"), true, Entry::Record),
        Field {
            hint: Some(t(
                "改规格时,容积、壁厚、最大充装量随之改变",
                "Another model brings its own volume, wall and fill",
            )),
            ..field("model", t("规格", "Model"), false, Entry::Record)
        },
        field("stamp_no", t("钢印号", "Stamped no."), false, Entry::Text(40)),
        field("serial_no", t("出厂编号", "Serial no."), false, Entry::Text(40)),
        field("maker", t("制造单位", "Maker"), false, Entry::Text(60)),
        Field {
            hint: Some(t("年月或年月日", "Month or day")),
            ..field("made", t("出厂日期", "Made"), false, Entry::PartialDate)
        },
        field("inspected", t("上次检测", "Last inspection"), false, Entry::PartialDate),
        field("next_printed", t("下次检测(检验标志上)", "Next inspection, as printed"), false, Entry::PartialDate),
        field("tare_kg", t("钢印自重", "Stamped tare"), false, Entry::Number("kg")),
        field("volume_l", t("容积", "Volume"), false, Entry::Number("L")),
        field("valve", t("阀类型", "Valve"), false, Entry::Text(40)),
        field("doubts", t("存疑", "Doubts"), false, Entry::Record),
        Field {
            hint: Some(t("哪里错了、为什么改", "What was wrong, and why it is changed")),
            ..field("reason", t("变更原因", "Reason"), true, Entry::Text(200))
        },
        Field {
            hint: Some(t("单据号、照片名或其 SHA-256", "Number of a document, name or SHA-256 of a picture")),
            ..field("evidence", t("依据", "Proof"), false, Entry::Text(128))
        },
        field("seen", t("档案版本", "Version of the file"), false, Entry::Hidden),
    ],
    check: |values, today| amendment::read(values, today).err().unwrap_or_default(),
    ask: || Box::pin(amendment_ask(String::new())),
    save: |values| Box::pin(cylinder_amend(values)),
};

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let code = use_query_map().with_untracked(|q| q.get("cylinder")).unwrap_or_default();
    form::page_of(&SPEC, move || Box::pin(amendment_ask(code.clone())))
}

/// What the change of a file chooses from, and how the file stands.
#[server(prefix = "/api/fn", endpoint = "amendment_ask", input = Json, output = Json)]
pub async fn amendment_ask(code: String) -> Result<FormAsk, AppError> {
    let crate::Ctx { db, viewer, now, .. } = crate::need(P::CylinderEdit)?;
    let file = data::amendment::file(&db, viewer, &code).await;
    let file = file.map_err(crate::error::internal("file of a cylinder"))?;
    let file = file.ok_or_else(|| crate::error::fail(AppError::NotFound))?;
    let mut choices = super::api::choices(&db, viewer).await?;
    let values = amendment::values(&code, &file);
    // What the file has stays to be chosen, though no table knows it.
    for name in ["site", "medium", "model"] {
        let (Some(of), Some(own)) = (choices.get_mut(name), values.get(name)) else { continue };
        if !of.iter().any(|(code, ..)| code == own) {
            of.push((own.clone(), own.clone(), own.clone()));
        }
    }
    if !file.doubts.is_empty() {
        let all = file.doubts.join("; ");
        let keep = ("keep".to_owned(), format!("保留: {all}"), format!("they stay: {all}"));
        choices.insert("doubts".into(), vec![keep, ("settled".into(), "已核实,消除".into(), "settled".into())]);
    }
    Ok(FormAsk { choices, today: domain::clock::local_date(now), values })
}

/// Puts the file of a cylinder within sight right, through the ledger.
#[server(prefix = "/api/fn", endpoint = "cylinder_amend")]
pub async fn cylinder_amend(#[server(default)] values: Values) -> Result<Saved, AppError> {
    let ctx = crate::need(P::CylinderEdit)?;
    let saved = amend(&ctx, &values).await?;
    crate::ctx::after_form(PATH, &values, &saved);
    Ok(saved)
}

#[cfg(feature = "ssr")]
async fn amend(ctx: &crate::Ctx, values: &Values) -> Result<Saved, AppError> {
    let entered = match amendment::read(values, domain::clock::local_date(ctx.now)) {
        Ok(entered) => entered,
        Err(faults) => return Ok(Saved::Faults(faults)),
    };
    let known = data::amendment::known(&ctx.db, ctx.viewer, &entered).await;
    let (file, known) = match known.map_err(crate::error::internal("change of a file"))? {
        Ok(known) => known,
        Err(field) => return Ok(Saved::Faults(vec![form::taken(field)])),
    };
    let amend = match entered.changes(&file, &known) {
        Ok(amend) => amend,
        Err(faults) => return Ok(Saved::Faults(faults)),
    };
    let detail = serde_json::json!({ "changes": amend.changes, "reason": amend.reason, "evidence": amend.evidence });
    let say = crate::Say {
        org: file.org,
        site: file.site,
        tag: file.tag.clone(),
        kind: EventKind::Amend,
        content: Content::Amend(amend),
        by: ctx.name(),
        deed: ctx.deed("cylinder.amend", format!("tag {}", file.tag), detail),
    };
    // Between the look and the commit somebody else may have been quicker.
    if let Err(code) = (ctx.tell)(say).await.map_err(crate::error::fail)? {
        let field = if code == RecordCode::StampTaken { "stamp_no" } else { "cylinder" };
        let info = code.info();
        let zh = format!("{}:{}", info.text.zh, info.remedy.zh);
        let en = format!("{}: {}", info.text.en, info.remedy.en);
        return Ok(Saved::Faults(vec![Fault { field: field.into(), zh, en }]));
    }
    Ok(Saved::Done(super::address(&file.tag, &entered.cylinder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_asks_what_is_read() {
        form::asks_what_is_read(&SPEC, &amendment::FIELDS);
    }
}
