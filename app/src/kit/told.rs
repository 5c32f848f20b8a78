//! What became of a plain form, told by the address of the page it came back to.

use crate::{error, lang::tr};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The error or the confirmation that the address tells; nothing where it tells none.
#[must_use]
pub fn told() -> AnyView {
    let (why, done) = use_query_map().with_untracked(|q| (q.get("why"), q.get("done")));
    if let Some(e) = why.and_then(|w| error::told(&w)) {
        return view! { <p class="told error" role="alert">{e.text()}</p> }.into_any();
    }
    let text = match done.as_deref() {
        Some("saved") => tr("已保存", "Saved"),
        Some("twice") => tr(
            "一分钟内已登记过同样的内容,未重复登记;这是已有的登记",
            "The same was entered within the last minute and not entered again: this is the entry",
        ),
        Some("restored") => tr(
            "已恢复关闭窗口前未保存的内容",
            "What was typed before the window was closed, and not saved, is restored",
        ),
        Some("kept") => tr(
            "他人在此期间已保存:您的内容没有丢失,另存于此,请选择如何处理",
            "Somebody else saved meanwhile. What you wrote is not lost: it is kept here. Choose what becomes of it",
        ),
        Some("drafted") => tr("草稿已保存", "The draft is kept"),
        Some("sending") => tr("已提交,到时间自动发送", "It is on its way, and goes out when its time comes"),
        Some("recalled") => tr("已撤回", "It was recalled"),
        Some("resent") => tr("正在重发给未读人员", "It is sent once more to who has not read it"),
        Some("read") => tr("已全部标为已读", "All are marked as read"),
        Some("issued") => tr("公文已发布,并已通知收文单位", "The document is issued, and those concerned are told"),
        Some("reminded") => tr("已发送催办", "The reminder is sent"),
        Some("signed") => tr("已签收", "It is signed for"),
        Some("answered") => tr("已回复", "It is answered"),
        Some("export") => {
            tr("已开始导出,完成后可在此下载", "The export has begun; the file can be had here when it is done")
        }
        Some("upload") => {
            tr("已开始上报,平台接收后在此显示回执", "It is being sent; the platform's receipt will stand here")
        }
        Some("browser_off") => tr("已移除,该浏览器不再显示消息", "Removed: that browser shows no messages any more"),
        Some("push_off") => tr("已停用浏览器推送,不再推送", "Browser push is removed: no browser is told any more"),
        Some("mail_off") => {
            tr("已停用邮件服务器,不再发送邮件", "The mail server is removed: no e-mail is sent any more")
        }
        Some("removed") => tr("已停用,不再上报", "Removed: nothing is sent any more"),
        Some("cancelled") => tr("导出已取消", "The export was cancelled"),
        Some("password") => tr("口令已更改,其他会话已退出", "The password was changed; other sessions were ended"),
        Some("factor") => tr("第二因素已启用", "The second factor is set up"),
        Some("ended") => tr("会话已结束", "The session was ended"),
        Some("paired") => {
            tr("显示屏已配对,几秒后自动显示大屏", "The display is paired and shows the wall in a few seconds")
        }
        Some("revoked") => tr("显示屏已撤销", "The display was revoked"),
        _ => return ().into_any(),
    };
    view! { <p class="told done" role="status">{text}</p> }.into_any()
}

/// A text as the value of a query parameter.
#[must_use]
pub fn query_value(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-_.~/".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_value() {
        assert_eq!(query_value("/wall?scope=city&a=瓶#x"), "/wall%3Fscope%3Dcity%26a%3D%E7%93%B6%23x");
    }
}
