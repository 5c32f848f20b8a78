//! What can be done with alerts: plain forms, so that they work before the page's program is there, and without it.

use crate::lang::{Lang, tr};
use domain::ledger::{Finding, REASON_MAX};
use leptos::prelude::*;

/// The fields and buttons of a form that holds the numbers of alerts as `no[]`. `back`: the page that it leads back to;
/// `people`: to whom alerts can be given; `closed`: only remarks are left.
pub fn fields(back: String, people: Vec<(i64, String)>, closed: bool) -> AnyView {
    let lang = Lang::current();
    let findings = Finding::ALL.iter().map(|f| {
        let value = serde_json::to_value(f).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        view! { <option value=value>{lang.pick(f.zh(), f.en())}</option> }
    });
    let open = (!closed).then(|| {
        view! {
            <p class="act">
                <button type="submit" name="act" value="note">{tr("签收", "Take note")}</button>
                <button type="submit" name="act" value="escalate" class="quiet">{tr("上报", "Escalate")}</button>
            </p>
            <p class="act">
                <label for="to">{tr("指派给", "Give to")}</label>
                <select id="to" name="to">
                    <option value="">{tr("请选择", "Choose")}</option>
                    {people.into_iter().map(|(id, name)| view! { <option value=id.to_string()>{name}</option> }).collect_view()}
                </select>
                <button type="submit" name="act" value="assign" class="quiet">{tr("指派", "Give")}</button>
            </p>
            <p class="act">
                <label for="finding">{tr("核查结果", "Finding")}</label>
                <select id="finding" name="finding">
                    <option value="">{tr("请选择", "Choose")}</option>
                    {findings.collect_view()}
                </select>
                <button type="submit" name="act" value="close">{tr("关闭告警", "Close")}</button>
            </p>
        }
    });
    view! {
        <input type="hidden" name="back" value=back/>
        <label for="reason">{tr("原因或说明(上报、关闭、备注必填)", "Reason or remark (needed to escalate, close or remark)")}</label>
        <textarea id="reason" name="reason" rows="2" maxlength=REASON_MAX.to_string()></textarea>
        {open}
        <p class="act">
            <button type="submit" name="act" value="remark" class="quiet">{tr("只写备注", "Only remark")}</button>
        </p>
    }
    .into_any()
}
