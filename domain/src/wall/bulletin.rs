//! What a wall tells beside its figures: headlines of publicity, and how enterprises are rated. It is small, goes whole, and only when it
//! is another.

use crate::post::{Category, MARQUEE_MAX, TITLE_MAX, WallPost, excerpt};
use serde::{Deserialize, Serialize};

/// Posts that a wall names, safety first.
pub const HEADLINES: usize = 6;
/// Organisations of the worst grade that a wall names; more are only counted.
pub const WORST: usize = 5;
/// Characters of an organisation's name at most.
const NAME_MAX: usize = 40;

/// What is told. An older client leaves it out, an older server sends none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulletin {
    /// Posts that are public, in their order.
    #[serde(rename = "p", default, skip_serializing_if = "Vec::is_empty")]
    pub posts: Vec<Headline>,
    /// Ratings; absent where nobody is rated.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub grades: Option<Grades>,
}

/// A post on the wall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headline {
    /// Its name in addresses.
    #[serde(rename = "s")]
    pub slug: String,
    /// Title.
    #[serde(rename = "t")]
    pub title: String,
    /// What goes by; empty where that is the title.
    #[serde(rename = "l", default, skip_serializing_if = "String::is_empty")]
    pub line: String,
    /// Category.
    #[serde(rename = "c")]
    pub category: Category,
    /// When it was published, ms.
    #[serde(rename = "a")]
    pub at: i64,
}

/// How many are rated how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grades {
    /// A, B, C, D.
    #[serde(rename = "n")]
    pub counts: [i64; 4],
    /// Rising, steady, falling.
    #[serde(rename = "t")]
    pub trends: [i64; 3],
    /// Names of those that have a D, the worst first, [`WORST`] at most.
    #[serde(rename = "d", default, skip_serializing_if = "Vec::is_empty")]
    pub worst: Vec<String>,
}

impl From<WallPost> for Headline {
    fn from(p: WallPost) -> Self {
        let title = excerpt(&p.title, TITLE_MAX);
        let line = excerpt(&p.marquee, MARQUEE_MAX);
        Self {
            line: if line == title { String::new() } else { line },
            title,
            slug: p.slug,
            category: p.category,
            at: p.public_at,
        }
    }
}

impl Headline {
    /// What goes by.
    #[must_use]
    pub fn line(&self) -> &str {
        if self.line.is_empty() { &self.title } else { &self.line }
    }
}

impl Bulletin {
    /// Of what the record holds, whatever its length.
    #[must_use]
    pub fn of(posts: Vec<WallPost>, grades: Grades) -> Self {
        let posts = posts.into_iter().take(HEADLINES).map(Headline::from).collect();
        let Grades { counts, trends, worst } = grades;
        let worst = worst.into_iter().take(WORST).map(|n| excerpt(&n, NAME_MAX)).collect();
        let rated = counts.iter().any(|n| *n > 0);
        Self { posts, grades: rated.then_some(Grades { counts, trends, worst }) }
    }
}
