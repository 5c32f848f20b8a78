//! What the invented city publishes: a few posts of each category, every one of them marked as demonstration. Their picture, film and leaflet
//! (`assets`) were drawn for it.

use chrono::{NaiveDate, TimeDelta};
use domain::post::{Category, Content};

/// The picture, as JPEG.
pub const PICTURE: &[u8] = include_bytes!("assets/winter.jpg");
/// The film: eight seconds of H.264.
pub const FILM: &[u8] = include_bytes!("assets/leak.mp4");
/// The leaflet, as PDF.
pub const LEAFLET: &[u8] = include_bytes!("assets/checklist.pdf");

/// Tokens of the files, once they were taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The picture.
    pub picture: String,
    /// The film.
    pub film: String,
    /// The leaflet.
    pub leaflet: String,
}

/// A post to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Name in addresses.
    pub slug: &'static str,
    /// District, GB/T 2260; 0 for the city.
    pub district: i32,
    /// How many days ago.
    pub days_ago: i64,
    /// What stands in it.
    pub content: Content,
}

fn planned(slug: &'static str, days_ago: i64, category: Category, title: &str, text: &[&str]) -> Planned {
    let body: String = text.iter().map(|p| format!("<p>{p}</p>")).collect();
    let content = Content {
        title: format!("{title}(演示)"),
        category: Some(category),
        tags: vec!["演示".into()],
        body,
        ..Content::default()
    };
    Planned { slug, district: 0, days_ago, content }
}

impl Planned {
    fn with(self, change: impl FnOnce(&mut Content)) -> Self {
        let mut content = self.content;
        change(&mut content);
        Self { content, ..self }
    }
}

/// The posts, the oldest first: of the city, of a district, and of an enterprise that promotes something from today on.
#[must_use]
pub fn posts(files: &Files, district: i32, promoter: i64, today: NaiveDate) -> Vec<Planned> {
    use Category as C;
    let Files { picture, film, leaflet } = files;
    let leak = planned("winter-gas-safety", 1, C::Safety, "冬季用气安全:燃气泄漏四步处置", &[]).with(|c| {
        c.summary = "闻到异味不要开关电器:关阀、开窗、离开,到室外拨打 119。".into();
        c.tags.extend(["冬季".into(), "泄漏".into()]);
        c.cover = picture.clone();
        c.downloads = vec![leaflet.clone()];
        (c.pinned, c.on_wall) = (true, true);
        c.marquee = "燃气泄漏四步处置:关闭角阀,打开门窗,离开现场,到室外拨打 119".into();
        c.body = format!(
            "<p class=\"lead\">天冷关窗用气,最容易发生泄漏和一氧化碳中毒。请全家记住下面四步。</p>\
             <figure><img src=\"/files/{picture}\" alt=\"燃气泄漏四步处置示意图\"><figcaption>关阀、开窗、离开、拨打 119</figcaption></figure>\
             <h2>四步处置</h2><ol><li>关闭气瓶角阀。</li><li>打开门窗通风,不要开关任何电器。</li><li>所有人离开现场。</li><li>到室外拨打 119。</li></ol>\
             <p class=\"warning\">严禁用明火查漏。查漏请用肥皂水。</p>\
             <h2>短片</h2><video src=\"/files/{film}\" poster=\"/files/{picture}\" controls preload=\"metadata\"></video>\
             <h2>软管与距离</h2><table><tbody><tr><th>项目</th><th>要求</th></tr><tr><td>软管长度</td><td>不超过 2 米,中间无接口</td></tr>\
             <tr><td>气瓶与灶具</td><td>净距不小于 0.5 米</td></tr></tbody></table>"
        );
    });
    let check = planned(
        "home-check",
        3,
        C::Notice,
        "关于开展瓶装燃气入户安检的通知",
        &[
            "各瓶装燃气用户:即日起由充装单位开展冬季入户安检,每户检查软管、角阀、调压器和通风条件。",
            "安检人员应当出示证件,安检不收费。发现隐患请及时整改。",
        ],
    )
    .with(|c| {
        c.on_wall = true;
        c.marquee = "冬季入户安检已经开始:请核对安检人员证件,安检不收费".into();
        c.downloads = vec![leaflet.clone()];
    });
    let local = planned(
        "exchange-points",
        2,
        C::Notice,
        "本区换瓶服务点调整公告",
        &["为方便居民换瓶,本区部分服务点营业时间调整为 8:00 至 20:00。"],
    )
    .with(|c| c.on_wall = true);
    let promotion = planned(
        "hose-offer",
        0,
        C::Promotion,
        "冬季换瓶,免费更换老化软管",
        &["有效期内换瓶一次,免费检查并更换一根老化软管,由送气工上门安装。", "更换后请用肥皂水查漏。"],
    )
    .with(|c| {
        c.org = promoter;
        (c.valid_from, c.valid_to) = (Some(today), Some(today + TimeDelta::days(60)));
    });
    vec![
        planned(
            "user-duties",
            20,
            C::Law,
            "《城镇燃气管理条例》用户须知",
            &[
                "燃气用户应当遵守安全用气规则,使用合格的燃气燃烧器具和气瓶。",
                "不得在不具备安全条件的场所使用、储存燃气,不得擅自安装、改装、拆除户内燃气设施。",
            ],
        ),
        planned(
            "read-the-stamp",
            12,
            C::Safety,
            "怎样看懂气瓶上的钢印和检验日期",
            &[
                "护罩和检验色标环上有下次检验日期。过期的气瓶不得充装,请要求更换。",
                "扫描瓶身二维码可以查到产权单位、下次检验日期和最近充装记录。",
            ],
        ),
        planned("checklist", 8, C::Download, "入户安检自查表下载", &["打印后对照检查厨房,发现问题请联系送气单位。"])
            .with(|c| c.downloads = vec![leaflet.clone()]),
        planned(
            "trace-runs",
            6,
            C::News,
            "气瓶充装追溯覆盖全市充装站",
            &["每一次充装、出库、配送和回收都有记录,市民扫码即可查询。"],
        ),
        check,
        Planned { district, ..local },
        leak,
        promotion,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::post::lacks;

    #[test]
    fn each_post_can_be_published_and_says_that_it_is_invented() {
        let token = |c: char| c.to_string().repeat(32);
        let files = Files { picture: token('a'), film: token('b'), leaflet: token('c') };
        let today: NaiveDate = "2026-11-21".parse().unwrap();
        let all = posts(&files, 410_105, 3, today);
        for p in &all {
            assert_eq!(lacks(&p.content, today), [], "{}", p.slug);
            assert!(p.content.title.ends_with("(演示)") && p.content.tags.contains(&"演示".to_owned()), "{}", p.slug);
            assert_eq!(domain::post::slug(p.slug).as_deref(), Some(p.slug));
        }
        for c in Category::ALL {
            assert!(all.iter().any(|p| p.content.category == Some(*c)), "{c:?}");
        }
        assert!(all.iter().any(|p| p.content.on_wall && p.content.category == Some(Category::Safety)));
    }
}
