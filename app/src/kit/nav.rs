//! The navigation of the office: modules, and where one can go in each.

use crate::{kit::who, lang::Lang};
use domain::{outcome::Text, permission::Permissions};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// A place to go to.
#[derive(Clone, Copy, Debug)]
struct Place {
    href: &'static str,
    title: Text,
    /// A load of its own: no page of the office's router.
    apart: bool,
}

const fn place(href: &'static str, zh: &'static str, en: &'static str) -> Place {
    Place { href, title: Text { zh, en }, apart: false }
}

const fn apart(href: &'static str, zh: &'static str, en: &'static str) -> Place {
    Place { href, title: Text { zh, en }, apart: true }
}

/// Modules with their places. A module comes here with its first page.
const MODULES: &[(Text, &[Place])] = &[
    (Text { zh: "总览", en: "Overview" }, &[place("/", "首页", "Start"), apart("/wall", "指挥大厅", "Command hall")]),
    (
        Text { zh: "钢瓶", en: "Cylinders" },
        &[
            place("/cylinders", "钢瓶档案", "Archive"),
            place("/cylinders/new", "登记钢瓶", "Register"),
            place("/orgs", "单位", "Organisations"),
            place("/records", "充装检查记录", "Records"),
            place("/map", "分布图", "Map"),
            place("/imports", "导入", "Imports"),
            place("/collisions", "重复与冲突", "Duplicates"),
            place("/tags", "标签", "Tags"),
            place("/tags/bind", "绑定标签", "Bind a tag"),
            place("/tags/series", "标签号段", "Series of tags"),
            place("/tags/issue", "发放标签号段", "Issue a series"),
            place("/cylinders?inspection=overdue&sort=due", "过检钢瓶", "Overdue"),
            place("/cylinders?inspection=due_soon&sort=due", "临检钢瓶", "Due soon"),
            place("/cylinders?inspection=past_life&sort=life_end", "超年限钢瓶", "Past their life"),
        ],
    ),
    (
        Text { zh: "分析", en: "Analyses" },
        &[
            place("/analyses", "分析统计", "Analyses"),
            place("/analyses/due", "待检、待报废", "Due and scrap"),
            place("/analyses/abnormal", "异常钢瓶", "Abnormal"),
            place("/analyses/in-use", "在用钢瓶分布表", "Cylinders in use"),
            place("/analyses/statistics", "统计报表", "Statistics"),
            place("/exports", "导出文件", "Exports"),
        ],
    ),
    (
        Text { zh: "告警", en: "Alerts" },
        &[place("/alerts", "告警收件箱", "Inbox"), place("/alerts/precision", "规则准确率", "Precision")],
    ),
    (
        Text { zh: "事故隐患", en: "Accidents and hazards" },
        &[
            place("/accidents", "事故", "Accidents"),
            place("/accidents/new", "登记事故", "Enter an accident"),
            place("/hazards", "隐患", "Hazards"),
            place("/hazards/new", "登记隐患", "Enter a hazard"),
            place("/hazards?state=late", "逾期未整改", "Rectification overdue"),
        ],
    ),
    (
        Text { zh: "投诉举报", en: "Complaints and reports" },
        &[
            place("/cases", "投诉举报", "Cases"),
            place("/cases?overdue=yes", "已超期", "Overdue"),
            place("/cases/new", "登记", "Enter one"),
            place("/cases/import", "导入平台工单", "Import tables"),
            place("/evaluation", "政府工作评价", "The authority's own work"),
            place("/calendar", "工作日历", "Working days"),
        ],
    ),
    (
        Text { zh: "待办提醒", en: "Tasks" },
        &[
            place("/tasks", "我的待办", "My tasks"),
            place("/tasks?state=late", "逾期待办", "Late"),
            place("/tasks?view=all", "范围内全部待办", "All within sight"),
            place("/tasks/settings", "提醒设置", "When I am told"),
        ],
    ),
    (
        Text { zh: "来电", en: "Calls" },
        &[
            place("/calls", "来电记录", "Calls"),
            place("/calls?callback=late", "回电逾期", "Calls back that are late"),
            place("/calls/new", "登记来电", "Enter a call"),
        ],
    ),
    (
        Text { zh: "信用评价", en: "Credit" },
        &[
            place("/credit", "信用评价", "Ratings"),
            place("/credit/appeals", "申诉", "Appeals"),
            place("/credit/entries", "扣分登记", "Entered by hand"),
            place("/credit/new", "登记扣分", "Enter a point"),
        ],
    ),
    (
        Text { zh: "公益宣传", en: "Publicity" },
        &[
            place("/posts", "宣传内容", "Posts"),
            place("/posts/new", "新建内容", "New post"),
            place("/posts?state=submitted", "待审核", "Awaiting review"),
            place("/posts?state=draft", "编辑中", "Being written"),
        ],
    ),
    (
        Text { zh: "消息公文", en: "Messages and documents" },
        &[
            place("/messages", "发件箱", "Outbox"),
            place("/messages/new", "写消息", "Write a message"),
            place("/messages/templates", "模板与名单", "Templates and lists"),
            place("/papers", "公文签收", "Documents"),
            place("/papers/new", "拟发公文", "Draw up a document"),
            place("/papers?state=open", "待办公文", "Documents for us"),
        ],
    ),
    (
        Text { zh: "系统", en: "System" },
        &[
            place("/rules", "规则", "Rules"),
            place("/checks", "检查项目", "Check items"),
            place("/rules/drafts", "规则草稿", "Drafts of rules"),
            place("/accounts", "账号", "Accounts"),
            place("/policy", "安全策略", "Policy"),
            place("/platform", "监管平台", "Supervision platform"),
            place("/displays", "显示屏", "Displays"),
            place("/audit", "审计日志", "Audit log"),
            apart("/api/docs/", "设备接口", "Device API"),
        ],
    ),
];

/// Whether a place is the page at an address: its path, and for one with filters these.
fn is_here(href: &str, path: &str, search: &str) -> bool {
    let search = search.trim_start_matches('?');
    match href.split_once('?') {
        None => {
            href == path
                && !MODULES.iter().flat_map(|m| m.1).any(|p| p.href.contains('?') && is_here(p.href, path, search))
        }
        Some((of, wanted)) => of == path && wanted.split('&').all(|w| search.split('&').any(|s| s == w)),
    }
}

/// The list of modules: the places that open to whoever is signed in.
#[must_use]
pub fn view() -> AnyView {
    let location = use_location();
    who::permitted(move |may| modules(may, location.pathname, location.search))
}

fn modules(may: Permissions, path: Memo<String>, search: Memo<String>) -> AnyView {
    let lang = Lang::current();
    MODULES
        .iter()
        .map(|(title, places)| (title, places.iter().filter(|p| who::opens(may, p.href)).collect::<Vec<_>>()))
        .filter(|(_, places)| !places.is_empty())
        .map(|(title, places)| {
            let places = places.into_iter().map(|p| {
                let href = p.href;
                let here = move || (is_here(href, &path.get(), &search.get())).then_some("page");
                let rel = p.apart.then_some("external");
                view! { <li><a href=href rel=rel aria-current=here>{lang.text(p.title)}</a></li> }
            });
            view! {
                <section>
                    <h2>{lang.text(*title)}</h2>
                    <ul>{places.collect_view()}</ul>
                </section>
            }
        })
        .collect_view()
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_at_most_is_here() {
        let here = |path: &str, search: &str| {
            let all = MODULES.iter().flat_map(|m| m.1);
            all.filter(|p| is_here(p.href, path, search)).map(|p| p.title.zh).collect::<Vec<_>>()
        };
        assert_eq!(here("/", ""), ["首页"]);
        assert_eq!(here("/cylinders", ""), ["钢瓶档案"]);
        assert_eq!(here("/cylinders", "?q=1"), ["钢瓶档案"]);
        assert_eq!(here("/cylinders", "?inspection=overdue&sort=due"), ["过检钢瓶"]);
        assert_eq!(here("/cylinders", "inspection=overdue&q=7&sort=due"), ["过检钢瓶"]);
        assert!(here("/cylinders/1", "").is_empty());
    }

    #[test]
    fn every_place_is_a_page() {
        for p in MODULES.iter().flat_map(|m| m.1).filter(|p| !p.apart) {
            let path = p.href.split('?').next().unwrap();
            assert!(crate::routes::at(path).is_some(), "{}", p.href);
        }
    }
}
