//! What the search box finds.

use serde::{Deserialize, Serialize};

/// Something that a text leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Hit {
    /// A cylinder, by any of its codes.
    Cylinder {
        /// Id.
        id: i64,
        /// 标签号
        tag: String,
        /// 钢印号
        stamp_no: String,
        /// 出厂编号
        serial_no: String,
    },
    /// An organisation, by a part of its name or by its credit code.
    Org {
        /// Id.
        id: i64,
        /// Name.
        name: String,
    },
    /// A station, by a part of its name.
    Site {
        /// Id.
        id: i64,
        /// Name.
        name: String,
    },
}

/// All that a text leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Cylinders first.
    pub hits: Vec<Hit>,
    /// There are more of a kind than are told.
    pub more: bool,
}
