//! `/displays`: walls that are paired, and a field for the code that a new one shows.

mod api;

use crate::{
    kit::{page, told},
    lang::tr,
};
use domain::{account::DisplayLine, clock::local_text};
use leptos::prelude::*;
use leptos_meta::Title;

pub use api::{DisplayConfirm, DisplayList, DisplayRevoke, display_confirm, display_list, display_revoke};

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let displays = Resource::new_blocking(|| (), |()| display_list());
    let content = view! {
        <Title text=tr("显示屏 · 瓶迹", "Displays · Pingji")/>
        <h1>{tr("显示屏", "Displays")}</h1>
        {told::told()}
        <section aria-labelledby="pair-title">
            <h2 id="pair-title">{tr("配对新显示屏", "Pair a display")}</h2>
            <p>{tr("在要配对的屏幕上打开本系统的 /wall,把屏幕显示的 8 位配对码填在这里。", "Open /wall on the screen, and enter the code of eight letters that it shows.")}</p>
            <form class="form" method="post" action="/api/fn/display_confirm">
                <label for="code">{tr("配对码", "Code")}</label>
                <input id="code" name="code" type="text" autocomplete="off" autocapitalize="characters" maxlength="12" required/>
                <label for="name">{tr("显示屏名称", "Name of the display")}</label>
                <input id="name" name="name" type="text" autocomplete="off" maxlength="64" required/>
                <button type="submit">{tr("配对", "Pair")}</button>
            </form>
        </section>
        <section aria-labelledby="paired-title">
            <h2 id="paired-title">{tr("已配对", "Paired")}</h2>
            <Suspense fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
                {move || Suspend::new(async move {
                    match displays.await {
                        Ok(all) if all.is_empty() => view! { <p>{tr("还没有显示屏", "None yet")}</p> }.into_any(),
                        Ok(all) => view! { <ul class="sessions">{all.into_iter().map(row).collect_view()}</ul> }.into_any(),
                        Err(why) => page::failed(&why),
                    }
                })}
            </Suspense>
        </section>
    };
    page::page(content.into_any())
}

fn row(d: DisplayLine) -> AnyView {
    view! {
        <li>
            <p><strong>{d.name}</strong><br/>{tr("配对于 ", "Paired ")}{local_text(d.created_at)}</p>
            <form method="post" action="/api/fn/display_revoke">
                <input type="hidden" name="id" value=d.id.to_string()/>
                <button type="submit" class="quiet">{tr("撤销", "Revoke")}</button>
            </form>
        </li>
    }
    .into_any()
}
