//! `/map`: where the cylinders are (钢瓶实时分布图). The server draws: outlines of the districts and clusters as an SVG of links, so that
//! it works before its module is loaded and sends no tile to anybody (docs/decisions/0008).

mod api;
#[cfg(feature = "ssr")]
mod cluster;

pub use api::{Cluster, MapClusters, MapPage, map_clusters};

use crate::{
    kit::{
        browser, format,
        outline::{HEIGHT, WIDTH},
        page,
    },
    lang::{Lang, tr},
};
use domain::{
    clock,
    ledger::Custody,
    map::{MapAsk, Place, STALE_MS, ZOOM_MAX},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    let query = use_query_map();
    let ask = Memo::new(move |_| query.with(|q| MapAsk::read(|name| q.get(name))));
    let map = Resource::new_blocking(move || ask.get(), map_clusters);
    keys();
    let content = view! {
        <Title text=tr("钢瓶分布图 · 瓶迹", "Map of cylinders · Pingji")/>
        <h1>{tr("钢瓶分布图", "Map of cylinders")}</h1>
        <Transition fallback=move || view! { <p class="loading" role="status">{tr("正在读取…", "Loading…")}</p> }>
            {move || Suspend::new(async move {
                match map.await {
                    Ok(map) => view(&map),
                    Err(why) => page::failed(&why),
                }
            })}
        </Transition>
    };
    page::page(content.into_any())
}

/// Keys: + and −, and the arrows, follow the links that say so.
fn keys() {
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::keydown, |e| {
            if browser::is_typing(&e) {
                return;
            }
            let way = match e.key().as_str() {
                "+" | "=" => "in",
                "-" => "out",
                "ArrowLeft" => "west",
                "ArrowRight" => "east",
                "ArrowUp" => "north",
                "ArrowDown" => "south",
                _ => return,
            };
            if browser::click(&format!("[data-way={way}]")) {
                e.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    });
}

fn view(map: &MapPage) -> AnyView {
    let total: i64 = map.places.iter().map(Place::count).sum();
    let says = match Lang::current() {
        Lang::Zh => format!(
            "{} 只,按最后一次扫描或报送的站点位置统计;超过 24 小时无记录的站点以空心圆表示。",
            format::count(total)
        ),
        Lang::En => format!(
            "{} cylinders, by the site where each was last read or told of. Places without a record for 24 hours are hollow.",
            format::count(total)
        ),
    };
    view! {
        {narrow(map)}
        <p class="known" data-testid="map-total">{says}</p>
        {if map.places.is_empty() {
            view! {
                <section class="notice empty" role="status">
                    <h2>{tr("没有符合条件的钢瓶", "No such cylinders")}</h2>
                    <p><a class="button" href="/map">{tr("显示全部", "Show all")}</a></p>
                </section>
            }
            .into_any()
        } else {
            view! { {ways(map)} {drawing(map)} {table(map)} }.into_any()
        }}
    }
    .into_any()
}

/// What the map can be narrowed to: a GET form.
fn narrow(map: &MapPage) -> AnyView {
    let lang = Lang::current();
    let chosen = |name: &str| {
        match name {
            "custody" => map.ask.custody.map(|n| n.to_string()),
            "org" => map.ask.org.map(|n| n.to_string()),
            _ => map.ask.district.map(|n| n.to_string()),
        }
        .unwrap_or_default()
    };
    let custody: Vec<(String, String, String)> =
        Custody::ALL.iter().map(|c| (c.number().to_string(), c.zh().to_owned(), c.en().to_owned())).collect();
    let of = |name: &str| map.choices.get(name).cloned().unwrap_or_default();
    let fields = [
        ("custody", tr("流转状态", "Custody"), custody),
        ("org", tr("产权单位", "Owner"), of("org")),
        ("district", tr("所在区县", "District"), of("district")),
    ];
    let fields = fields.into_iter().map(|(name, title, choices)| {
        let now = chosen(name);
        let options = choices.into_iter().map(|(code, zh, en)| {
            let selected = code == now;
            view! { <option value=code selected=selected>{lang.pick(zh, en)}</option> }
        });
        view! {
            <label class="field">
                <span>{title}</span>
                <select name=name>
                    <option value="">{tr("全部", "All")}</option>
                    {options.collect_view()}
                </select>
            </label>
        }
    });
    view! {
        <form class="filters" method="get" action="/map" role="search" aria-label=tr("筛选", "Filters")>
            <div class="fields">
                {fields.collect_view()}
                <div class="go">
                    <button type="submit" class="button strong">{tr("查询", "Search")}</button>
                    <a class="button" href="/map">{tr("清除", "Clear")}</a>
                </div>
            </div>
        </form>
    }
    .into_any()
}

/// Nearer, farther, and to the sides.
fn ways(map: &MapPage) -> AnyView {
    let ask = &map.ask;
    let (x, y) = ask.middle.unwrap_or_default();
    let by =
        |dx: i32, dy: i32| MapAsk { middle: Some((x + dx * map.step.0, y + dy * map.step.1)), ..ask.clone() }.address();
    let zoom = |z: Option<u8>| z.map(|zoom| MapAsk { zoom, ..ask.clone() }.address());
    let links = [
        ("in", "+", tr("放大", "Nearer"), zoom(Some(ask.zoom + 1).filter(|z| *z <= ZOOM_MAX))),
        ("out", "−", tr("缩小", "Farther"), zoom(ask.zoom.checked_sub(1))),
        ("west", "←", tr("向西", "West"), Some(by(-1, 0))),
        ("north", "↑", tr("向北", "North"), Some(by(0, 1))),
        ("south", "↓", tr("向南", "South"), Some(by(0, -1))),
        ("east", "→", tr("向东", "East"), Some(by(1, 0))),
    ];
    let links = links.into_iter().map(|(way, sign, name, href)| match href {
        Some(href) => {
            view! { <a class="button" href=href data-way=way aria-label=name title=name>{sign}</a> }.into_any()
        }
        None => view! { <span class="button off" aria-hidden="true">{sign}</span> }.into_any(),
    });
    view! {
        <nav class="map-ways" aria-label=tr("移动地图", "Move the map")>
            {links.collect_view()}
            <span class="quiet">{tr("键盘:+ − 与方向键", "Keys: + − and the arrows")}</span>
        </nav>
    }
    .into_any()
}

fn drawing(map: &MapPage) -> AnyView {
    let label = tr("按站点聚合的钢瓶数", "Numbers of cylinders, clustered by site");
    let clusters = map.clusters.iter().map(|c| {
        let stale = map.now.saturating_sub(c.newest) > STALE_MS;
        let more = i64::from(c.places) - i64::try_from(c.names.len()).unwrap_or(0);
        let mut says = format!("{} · {}", format::count(c.count), c.names.join("、"));
        if more > 0 {
            says.push_str(&format!(" +{more}"));
        }
        if c.newest > 0 {
            says.push_str(&format!(" · {} {}", tr("最近记录", "latest record"), clock::local_text(c.newest)));
        }
        let (x, y) = (c.at.0.to_string(), c.at.1.to_string());
        let title = says.clone();
        let r = 34 + 4 * c.count.max(1).ilog10();
        view! {
            <g class="cluster" class:stale=stale>
                <a href=c.href.clone() aria-label=says>
                    <circle cx=x.clone() cy=y.clone() r=r.to_string()><title>{title}</title></circle>
                    <text x=x y=y dy="9" text-anchor="middle">{short(c.count)}</text>
                </a>
            </g>
        }
    });
    view! {
        <div class="wide" tabindex="0" role="region" aria-label=label>
            <svg class="map" viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-label=label data-testid="map">
                {map.outline.view()}
                <g>{clusters.collect_view()}</g>
            </svg>
        </div>
    }
    .into_any()
}

/// A number that fits into a circle.
fn short(n: i64) -> String {
    match n {
        0..10_000 => n.to_string(),
        _ => format!("{}k", n / 1_000),
    }
}

/// The same numbers as a table: districts, their places, each figure a link to its list.
fn table(map: &MapPage) -> AnyView {
    let lang = Lang::current();
    let mut places: Vec<&Place> = map.places.iter().collect();
    places.sort_by_key(|p| (p.division, std::cmp::Reverse(p.count()), p.site));
    let rows = places.iter().map(|p| {
        let by = p.custody.iter().map(|(n, count)| {
            let word = Custody::from_number(*n).map_or("", |c| lang.pick(c.zh(), c.en()));
            view! { <a href=p.list(&map.ask, Some(*n))>{format!("{word} {}", format::count(*count))}</a> " " }
        });
        let newest = if p.newest > 0 { clock::local_text(p.newest) } else { "—".to_owned() };
        let method = if p.position.is_some() {
            tr("站点登记位置", "the site's position on file")
        } else {
            tr("无位置,未上图", "no position, not on the map")
        };
        view! {
            <tr>
                <td data-label=tr("区县", "District")>{p.district.clone()}</td>
                <td data-label=tr("地点", "Place")>{p.name.clone()}</td>
                <td class="num" data-label=tr("钢瓶数", "Cylinders")>
                    <a href=p.list(&map.ask, None)>{format::count(p.count())}</a>
                </td>
                <td data-label=tr("按流转状态", "By custody")><span class="by">{by.collect_view()}</span></td>
                <td class="when" data-label=tr("最近记录", "Latest record")>{newest}</td>
                <td data-label=tr("位置来源", "Known by")>{method}</td>
            </tr>
        }
    });
    view! {
        <section aria-labelledby="places">
            <h2 id="places">{tr("各区县站点", "By district and site")}</h2>
            <div class="table-scroll" tabindex="0" role="region" aria-label=tr("各站点钢瓶数,可左右滚动", "Cylinders by site, scrolls sideways")>
                <table class="events" data-testid="places">
                    <thead>
                        <tr>
                            <th scope="col">{tr("区县", "District")}</th>
                            <th scope="col">{tr("地点", "Place")}</th>
                            <th scope="col" class="num">{tr("钢瓶数", "Cylinders")}</th>
                            <th scope="col">{tr("按流转状态", "By custody")}</th>
                            <th scope="col">{tr("最近记录", "Latest record")}</th>
                            <th scope="col">{tr("位置来源", "Known by")}</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}
