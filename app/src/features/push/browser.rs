//! What this browser itself says of being told, and does for it. It is asked by what it has: an object that lacks a part is none of ours.

use super::Here;
use domain::message::push::{Subscription, base64url};
use js_sys::{ArrayBuffer, JSON, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Notification, NotificationPermission, PushManager, PushSubscription, PushSubscriptionOptionsInit,
    ServiceWorkerContainer, ServiceWorkerRegistration,
};

/// Where what shows messages is to be had.
const WORKER: &str = "/push.js";

/// Why it was not turned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Whoever sits there did not allow it.
    Denied,
    /// The browser did not manage it: it has no service, or does not reach it.
    Failed,
}

/// What a promise came to.
async fn came(promise: Result<Promise, JsValue>) -> Option<JsValue> {
    JsFuture::from(promise.ok()?).await.ok()
}

fn has(on: &JsValue, name: &str) -> bool {
    Reflect::has(on, &JsValue::from_str(name)).unwrap_or(false)
}

/// What this browser's workers are kept in; none where it knows nothing of such.
fn workers() -> Option<ServiceWorkerContainer> {
    let window = window();
    let navigator = window.navigator();
    // Over plain HTTP from elsewhere there is none of it.
    let all = has(&window, "PushManager") && has(&window, "Notification") && has(&navigator, "serviceWorker");
    all.then(|| navigator.service_worker())
}

async fn manager() -> Option<PushManager> {
    let found = came(Ok(workers()?.get_registration_with_document_url("/"))).await?;
    // Without a registration it is no object.
    let registration: ServiceWorkerRegistration = found.dyn_into().ok()?;
    registration.push_manager().ok()
}

async fn subscription() -> Option<PushSubscription> {
    let found = came(manager().await?.get_subscription()).await?;
    found.is_object().then(|| found.unchecked_into())
}

/// What a browser says of itself.
#[derive(Clone, Debug)]
pub struct Seen {
    /// How it stands with it.
    pub here: Here,
    /// What it has, where it has something.
    pub given: Option<Subscription>,
    /// The key that it listens to, as far as it tells.
    pub key: Option<String>,
}

/// How it stands with this browser; that the server knows it, too, is for whoever asks.
pub async fn look() -> Seen {
    let none = |here: Here| Seen { here, given: None, key: None };
    if workers().is_none() {
        return none(Here::Unsupported);
    }
    let permission = Notification::permission();
    if permission == NotificationPermission::Denied {
        return none(Here::Blocked);
    }
    let Some(known) = subscription().await.filter(|_| permission == NotificationPermission::Granted) else {
        return none(Here::Off);
    };
    Seen { here: Here::On, given: written(&known), key: listens_to(&known) }
}

/// What a browser has, in its own form.
fn written(known: &JsValue) -> Option<Subscription> {
    let text: String = JSON::stringify(known).ok()?.into();
    serde_json::from_str(&text).ok()
}

/// The key that a browser listens to; none where it does not tell.
fn listens_to(known: &JsValue) -> Option<String> {
    let options = Reflect::get(known, &JsValue::from_str("options")).ok()?;
    let key = Reflect::get(&options, &JsValue::from_str("applicationServerKey")).ok()?;
    let bytes: ArrayBuffer = key.dyn_into().ok()?;
    Some(base64url::write(&Uint8Array::new(&bytes).to_vec()))
}

/// Asks whoever sits there, at once while the browser knows that he pressed something, and gets an address from the browser's service, for
/// messages that are signed by a key. Tells the address of before, too; empty for none.
pub async fn turn_on(key: &str) -> Result<(Subscription, String), Fault> {
    let granted = came(Notification::request_permission()).await.and_then(|p| p.as_string());
    if granted.as_deref() != Some("granted") {
        return Err(Fault::Denied);
    }
    given(key).await.ok_or(Fault::Failed)
}

async fn given(key: &str) -> Option<(Subscription, String)> {
    let workers = workers()?;
    came(Ok(workers.register(WORKER))).await?;
    let ready: ServiceWorkerRegistration = came(workers.ready()).await?.dyn_into().ok()?;
    // One of before may be for another key, or another person.
    let before = subscription().await.map(|known| known.endpoint()).unwrap_or_default();
    turn_off().await;
    let options = PushSubscriptionOptionsInit::new();
    options.set_user_visible_only(true);
    options.set_application_server_key_opt_str(Some(key));
    let made = came(ready.push_manager().ok()?.subscribe_with_options(&options)).await?;
    Some((written(&made)?, before))
}

/// Gives the address up.
pub async fn turn_off() {
    if let Some(known) = subscription().await {
        came(known.unsubscribe()).await;
    }
}
