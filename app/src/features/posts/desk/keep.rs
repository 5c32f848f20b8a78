//! Nothing that is typed is lost: it is kept in this browser at once, saved on the server every few seconds, sent once more when the page is
//! left, and what a window that was closed could not send is sent when the post is opened again.

use super::{
    super::api::{Autosaved, Typing, post_autosave, post_present},
    Desk, dom,
};
use crate::error::AppError;
use domain::{
    clock,
    form::Values,
    post::{FIELDS, Standing},
};
use js_sys::Array;
use leptos::{
    prelude::{Set, window},
    task::spawn_local,
};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, FormData, HtmlInputElement, Storage};

/// Seconds between two saves while somebody types.
const SAVE_EVERY: u32 = 3;
/// Seconds between two words of who is there.
const PRESENT_EVERY: u32 = 15;
/// Seconds until a save that failed is tried again.
const AGAIN: u32 = 6;

fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}

/// Where an account's texts of a post are kept in this browser. Another who signs in there neither sends nor sees them.
fn prefix(account: i64, id: i64) -> String {
    format!("pingji.post.{account}.{id}.")
}

#[allow(clippy::cast_possible_truncation)] // ms since 1970 fit
fn now() -> i64 {
    js_sys::Date::now() as i64
}

impl Desk {
    /// What stands in the fields.
    fn values(&self) -> Values {
        let Ok(data) = FormData::new_with_form(&self.form) else { return Values::new() };
        let mut out: Values = FIELDS
            .iter()
            .filter_map(|f| Some(((*f).to_owned(), data.get(&format!("values[{f}]")).as_string()?)))
            .collect();
        out.insert("body".into(), self.body());
        let chosen = dom::all(&self.root, "[data-desk=files] input:checked");
        let token = |e: web_sys::HtmlElement| {
            let name = e.dyn_into::<HtmlInputElement>().ok()?.name();
            Some(name.strip_prefix("downloads[")?.strip_suffix(']')?.to_owned())
        };
        out.insert("downloads".into(), chosen.into_iter().filter_map(token).collect::<Vec<_>>().join(","));
        out
    }

    /// The draft as this window would send it now.
    fn typing(&self) -> Typing {
        let mut state = self.state.borrow_mut();
        state.typed = now().max(state.typed + 1);
        let (base, typed) = (state.base, state.typed);
        drop(state);
        Typing { id: self.setup.id, no: self.setup.no, base, tab: self.tab.clone(), typed, values: self.values() }
    }

    fn key(&self) -> String {
        prefix(self.setup.account, self.setup.id) + &self.tab
    }

    fn keep(&self) {
        self.state.borrow_mut().unkept = false;
        if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(&self.typing())) {
            // A browser without room keeps nothing; the server will.
            let _ = storage.set_item(&self.key(), &text);
        }
    }

    fn taken(&self) {
        if let Some(storage) = storage() {
            let _ = storage.remove_item(&self.key());
        }
    }

    /// Something was typed or chosen.
    pub fn changed(&self) {
        {
            let mut state = self.state.borrow_mut();
            (state.dirty, state.unkept) = (true, true);
        }
        self.say("unsaved", self.t("有未保存的修改,几秒后自动保存", "Not saved yet: it will be within seconds"));
    }

    /// Once a second.
    pub fn tick(self: &Rc<Self>) {
        let (ticks, unkept, due) = {
            let mut state = self.state.borrow_mut();
            state.ticks = state.ticks.wrapping_add(1);
            let due =
                state.dirty && !state.sending && state.ticks >= state.wait && state.ticks.is_multiple_of(SAVE_EVERY);
            (state.ticks, state.unkept, due)
        };
        if unkept {
            self.keep();
        }
        if due {
            self.send();
        }
        if ticks % PRESENT_EVERY == 1 {
            self.present();
        }
    }

    /// Saves what stands in the fields.
    pub fn send(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            if state.sending {
                return;
            }
            (state.sending, state.dirty) = (true, false);
        }
        self.say("saving", self.t("正在保存…", "Saving…"));
        let (desk, typing) = (Rc::clone(self), self.typing());
        spawn_local(async move {
            let answer = post_autosave(typing).await;
            desk.state.borrow_mut().sending = false;
            desk.answered(answer);
        });
    }

    fn answered(self: &Rc<Self>, answer: Result<Autosaved, AppError>) {
        match answer {
            Ok(Autosaved::Saved { revision, at, faults, .. }) => {
                let (dirty, then) = {
                    let mut state = self.state.borrow_mut();
                    state.base = revision;
                    (state.dirty, state.then)
                };
                if let Some(base) = dom::find::<HtmlInputElement>(&self.root, "[data-desk=base]") {
                    base.set_value(&revision.to_string());
                }
                let _ = self.faults.try_set(faults);
                if dirty {
                    return;
                }
                self.taken();
                self.say("saved", &format!("{} {}", self.t("已保存", "Saved"), clock::local_text(at)));
                if then {
                    let _ = window().location().set_href(&format!("/posts/{}?done=saved", self.setup.id));
                }
            }
            Ok(Autosaved::Kept { copy, standing }) => {
                let dirty = {
                    let mut state = self.state.borrow_mut();
                    (state.copy, state.then) = (Some(copy), false);
                    state.dirty
                };
                if !dirty {
                    self.taken();
                }
                self.say(
                    "kept",
                    self.t("您的内容已另存,没有写入草稿", "What you write is kept aside, not in the draft"),
                );
                let head = if standing.open {
                    self.t("在您之前已保存:", "had saved before you:")
                } else {
                    self.t("最后保存;这一版已不能写入:", "saved last; this version is not written in any more:")
                };
                let text = format!(
                    "{} {head} {}。{}",
                    standing.saved.name,
                    clock::local_text(standing.saved.at),
                    self.t(
                        "两份内容都在。您可以继续写,内容会保存在另存的文稿里。",
                        "Both texts are there. You can go on: it is saved in the text that is kept aside.",
                    )
                );
                let links = [
                    (format!("/posts/copies/{copy}"), self.t("比较并处理两份内容", "Compare both, and choose")),
                    (
                        format!("/posts/{}/edit?copy={copy}", self.setup.id),
                        self.t("载入最新草稿,手工合并", "Load the newest draft and merge by hand"),
                    ),
                ];
                self.notice("collision", &text, &links);
            }
            Err(why) => {
                {
                    let mut state = self.state.borrow_mut();
                    state.dirty = true;
                    state.then = false;
                    state.wait = state.ticks.wrapping_add(AGAIN);
                }
                self.keep();
                let lang = self.setup.lang;
                let kept = self.t("内容已留在本浏览器中,稍后自动重试", "It is kept in this browser, and tried again");
                self.say(
                    "failed",
                    &format!(
                        "{}{}{} · {kept}",
                        self.t("没有保存", "Not saved"),
                        lang.pick(":", ": "),
                        lang.text(why.words())
                    ),
                );
            }
        }
    }

    /// The page is hidden, or left: what is not saved is kept here, and sent on its way without waiting for an answer.
    pub fn flush(&self, leaves: bool) {
        let open = {
            let s = self.state.borrow();
            s.dirty || s.sending
        };
        if open {
            self.keep();
            beacon("/api/fn/post_autosave", &serde_json::json!({ "typing": self.typing() }));
        }
        if leaves {
            beacon("/api/fn/post_leave", &serde_json::json!({ "id": self.setup.id, "tab": self.tab }));
        }
    }

    /// What a window that was closed left in this browser is sent in its name: the server knows whether it had it.
    pub fn restore(self: &Rc<Self>) {
        let Some(storage) = storage() else { return };
        let own = prefix(self.setup.account, self.setup.id);
        let names = (0..storage.length().unwrap_or_default()).filter_map(|n| storage.key(n).ok().flatten());
        let left: Vec<(String, Typing)> = names
            .filter(|n| n.starts_with(&own))
            .filter_map(|n| Some((n.clone(), serde_json::from_str(&storage.get_item(&n).ok()??).ok()?)))
            .collect();
        if left.is_empty() {
            return;
        }
        let desk = Rc::clone(self);
        spawn_local(async move {
            let mut restored = false;
            for (name, typing) in left {
                match post_autosave(typing).await {
                    Ok(Autosaved::Saved { same, .. }) => restored |= !same,
                    Ok(Autosaved::Kept { copy, .. }) => {
                        let text = desk.t(
                            "上次关闭窗口时有内容未保存。其后草稿已有改动,那份内容另存为一份文稿。",
                            "Something was not saved when a window was closed. The draft went on since, so that it was kept aside.",
                        );
                        desk.notice(
                            "restored",
                            text,
                            &[(format!("/posts/copies/{copy}"), desk.t("查看", "Look at it"))],
                        );
                    }
                    Err(_) => continue,
                }
                let _ = storage.remove_item(&name);
            }
            if restored {
                let _ = window().location().replace(&format!("/posts/{}/edit?done=restored", desk.setup.id));
            }
        });
    }

    /// Says that this window is open, and shows who else is.
    fn present(self: &Rc<Self>) {
        let desk = Rc::clone(self);
        spawn_local(async move {
            if let Ok(standing) = post_present(desk.setup.id, desk.tab.clone()).await {
                desk.stands(&standing);
            }
        });
    }

    fn stands(&self, s: &Standing) {
        let lang = self.setup.lang;
        let Some(here) = dom::find::<web_sys::HtmlElement>(&self.root, "[data-desk=here]") else { return };
        here.set_text_content(None);
        if !s.here.is_empty() {
            let own = self.t("(您的另一个窗口)", " (another window of yours)");
            let name = |h: &domain::post::Here| if h.own { format!("{}{own}", h.name) } else { h.name.clone() };
            let names: Vec<String> = s.here.iter().map(name).collect();
            let text =
                format!("{} {}", self.t("正在编辑的还有:", "Also writing in it:"), names.join(lang.pick("、", ", ")));
            if let Some(p) = dom::element("p", &text) {
                p.set_class_name("post-here");
                let _ = here.append_child(&p);
            }
        }
        let (base, copy) = {
            let state = self.state.borrow();
            (state.base, state.copy)
        };
        if copy.is_none() && s.elsewhere && s.revision > base {
            let text = format!(
                "{} {} {}。{}",
                s.saved.name,
                self.t("已保存新的内容:", "saved something new:"),
                clock::local_text(s.saved.at),
                self.t(
                    "继续写下去时,您的内容会另存,不会丢失。",
                    "If you go on, what you write is kept aside, not lost."
                )
            );
            let load = (format!("/posts/{}/edit", self.setup.id), self.t("载入最新内容", "Load the newest"));
            self.notice("newer", &text, &[load]);
        } else if !s.open && copy.is_none() {
            let text = self.t(
                "这一版已提交或处理,不能再写入;您写的内容会另存。",
                "This version was submitted or dealt with: what you write is kept aside.",
            );
            self.notice("closed", text, &[(format!("/posts/{}", self.setup.id), self.t("查看", "Look at it"))]);
        }
    }
}

/// Sends something without waiting for an answer; where the browser does not take it, what it holds stands in this browser still.
fn beacon(address: &str, what: &serde_json::Value) {
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    let parts = Array::of1(&JsValue::from_str(&what.to_string()));
    if let Ok(blob) = Blob::new_with_str_sequence_and_options(&parts, &options) {
        let _ = window().navigator().send_beacon_with_opt_blob(address, Some(&blob));
    }
}
