//! What can happen to a cylinder, and how a record came to us.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $variant:ident = $n:literal, $zh:literal, $en:literal;)+) => {
        /// What happened to a cylinder (rules.md §19). The number is stored; never reuse one.
        ///
        /// FILL_START of the table is the question to the gate (`authorize`): it is recorded as an attempt.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        #[repr(i16)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum EventKind { $($(#[doc = $doc])* $variant = $n,)+ }

        impl EventKind {
            /// All kinds, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Chinese word.
            #[must_use]
            pub const fn zh(self) -> &'static str { match self { $(Self::$variant => $zh),+ } }

            /// English word.
            #[must_use]
            pub const fn en(self) -> &'static str { match self { $(Self::$variant => $en),+ } }
        }
    };
}

kinds! {
    /// 登记
    Register = 1, "登记", "registered";
    /// 收瓶
    ReceiveEmpty = 2, "收瓶", "empty received";
    /// 充完
    FillEnd = 3, "充装", "filled";
    /// 拒充: the gun ended without filling.
    FillReject = 4, "拒充", "fill refused";
    /// 出库
    Ship = 5, "出库", "shipped";
    /// 入站, or the arrival at an inspection agency.
    Arrive = 6, "入站", "arrived";
    /// 交付
    Deliver = 7, "交付", "delivered";
    /// 回收
    Collect = 8, "回收", "collected";
    /// 调拨: moved between stores; with a body, 过户.
    Transfer = 9, "调拨", "transferred";
    /// 绑签, 换签
    BindTag = 10, "绑签", "tag bound";
    /// 充装前检查
    Precheck = 11, "前检", "pre-fill check";
    /// 充装后复检
    Postcheck = 12, "复检", "post-fill check";
    /// 抽液
    Drain = 13, "抽液", "drained";
    /// 送检
    SendInspect = 14, "送检", "sent to inspection";
    /// 检验
    Inspect = 15, "检验", "inspected";
    /// 维修
    Repair = 16, "维修", "repaired";
    /// 报废申请: the file waits for scrapping.
    ScrapRequest = 17, "报废申请", "scrapping requested";
    /// 报废
    Scrap = 18, "报废", "scrapped";
    /// 销毁
    Destroy = 19, "销毁", "destroyed";
    /// 挂失
    Lost = 20, "挂失", "reported lost";
    /// 找回
    Found = 21, "找回", "found";
    /// 查封
    Seal = 22, "查封", "sealed";
    /// 解封
    Unseal = 23, "解封", "unsealed";
    /// 召回
    Recall = 24, "召回", "recalled";
    /// 召回解除
    RecallCleared = 25, "召回解除", "recall cleared";
    /// 停用
    Suspend = 26, "停用", "suspended";
    /// 恢复使用
    Resume = 27, "恢复使用", "resumed";
    /// 转出或注销
    Cancel = 28, "注销", "cancelled";
    /// 更正
    Correct = 29, "更正", "corrected";
    /// 变更: the file is put right. Only the office tells it.
    Amend = 30, "档案变更", "file amended";
    /// 作废标签, without another in its place. Only the office tells it.
    VoidTag = 31, "作废标签", "tag voided";
}

impl EventKind {
    /// Number in the record.
    #[must_use]
    pub const fn number(self) -> i16 {
        self as i16
    }

    /// From the record.
    #[must_use]
    pub fn from_number(n: i16) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.number() == n)
    }

    /// Whether `POST /api/v1/events` takes it: every row of the table that is neither a registration nor a fill, nor told by the
    /// office alone.
    #[must_use]
    pub const fn is_reported(self) -> bool {
        !matches!(self, Self::Register | Self::FillEnd | Self::Amend | Self::VoidTag)
    }

    /// Whether the tag was read at the site of the device (and not merely written about it).
    #[must_use]
    pub const fn is_read_on_site(self) -> bool {
        matches!(
            self,
            Self::ReceiveEmpty
                | Self::FillEnd
                | Self::FillReject
                | Self::Ship
                | Self::Arrive
                | Self::BindTag
                | Self::Precheck
                | Self::Postcheck
                | Self::Drain
                | Self::SendInspect
                | Self::Inspect
                | Self::Repair
        )
    }

    /// Whether it tells where the cylinder is. What only concerns the file or a flag does not: it may come from an office.
    #[must_use]
    pub const fn is_of_circulation(self) -> bool {
        !matches!(
            self,
            Self::ScrapRequest
                | Self::Scrap
                | Self::Destroy
                | Self::Recall
                | Self::RecallCleared
                | Self::Suspend
                | Self::Resume
                | Self::Cancel
                | Self::Correct
                | Self::Amend
                | Self::VoidTag
        )
    }
}

/// How a record came to us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i16)]
pub enum Source {
    /// A device over the API.
    #[default]
    Device = 0,
    /// An import of somebody's table.
    Import = 1,
    /// The demonstration's own history.
    Demo = 2,
    /// Entered by hand in the office.
    Office = 3,
}

impl Source {
    /// From the record.
    #[must_use]
    pub const fn from_number(n: i16) -> Self {
        match n {
            1 => Self::Import,
            2 => Self::Demo,
            3 => Self::Office,
            _ => Self::Device,
        }
    }

    /// Chinese word.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Device => "设备",
            Self::Import => "导入",
            Self::Demo => "演示",
            Self::Office => "录入",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_and_words_differ() {
        for (i, k) in EventKind::ALL.iter().enumerate() {
            assert_eq!((usize::try_from(k.number()).unwrap(), EventKind::from_number(k.number())), (i + 1, Some(*k)));
        }
        assert_eq!((EventKind::from_number(0), EventKind::from_number(32)), (None, None));
        for word in [EventKind::zh, EventKind::en] {
            let words: std::collections::HashSet<_> = EventKind::ALL.iter().map(|k| word(*k)).collect();
            assert_eq!(words.len(), EventKind::ALL.len());
        }
        let text = serde_json::to_string(&EventKind::RecallCleared).unwrap();
        assert_eq!(text, "\"RECALL_CLEARED\"");
    }

    #[test]
    fn an_office_reads_no_tag() {
        for k in EventKind::ALL {
            assert!(k.is_of_circulation() || !k.is_read_on_site(), "{k:?}");
        }
    }
}
