//! Words of the trade: what an order, a recovery slip and a customer can be.
//!
//! The words are the sources' own (features.md F, S1-07, S1-11, S1-12), with those that a working list needs besides.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident = $code:literal, $zh:literal, $en:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[doc = $doc])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The word in the record; never reused.
            #[must_use]
            pub const fn code(self) -> &'static str { match self { $(Self::$variant => $code),+ } }
            /// From the record.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> { Self::ALL.iter().copied().find(|v| v.code() == code) }
            /// Chinese word.
            #[must_use]
            pub const fn zh(self) -> &'static str { match self { $(Self::$variant => $zh),+ } }
            /// English word.
            #[must_use]
            pub const fn en(self) -> &'static str { match self { $(Self::$variant => $en),+ } }
        }
    };
}

words! {
    /// How far an order has come.
    OrderState {
        /// 待出库
        Waiting = "waiting", "待出库", "awaits despatch";
        /// 派送中
        OnTheWay = "on_the_way", "派送中", "on the way";
        /// 部分派送: in no source table, but what its quantities say.
        Partly = "partly", "部分派送", "partly delivered";
        /// 派送完成
        Delivered = "delivered", "派送完成", "delivered";
        /// 已取消
        Cancelled = "cancelled", "已取消", "cancelled";
    }
}

words! {
    /// How far a recovery slip has come.
    SlipState {
        /// 待确认
        Unconfirmed = "unconfirmed", "待确认", "awaits confirmation";
        /// 回收中
        Collecting = "collecting", "回收中", "being collected";
        /// 已完成
        Done = "done", "已完成", "done";
        /// 已作废
        Void = "void", "已作废", "void";
    }
}

words! {
    /// Whether a customer is served.
    CustomerState {
        /// 正常
        Active = "active", "正常", "active";
        /// 停用
        Suspended = "suspended", "停用", "suspended";
        /// 注销
        Closed = "closed", "注销", "closed";
    }
}

words! {
    /// What a customer is.
    CustomerKind {
        /// 企业
        Enterprise = "enterprise", "企业", "enterprise";
        /// 餐饮
        Catering = "catering", "餐饮", "catering";
        /// 居民
        Household = "household", "居民", "household";
    }
}

impl OrderState {
    /// What the quantities say, in pieces: nothing delivered, a part, or all. `None` where they say nothing.
    #[must_use]
    pub const fn by_quantities(wanted: Option<i64>, delivered: Option<i64>) -> Option<Self> {
        match (wanted, delivered) {
            (_, None | Some(0)) => Some(Self::Waiting),
            (Some(w), Some(d)) if d >= w => Some(Self::Delivered),
            (Some(_), Some(_)) => Some(Self::Partly),
            (None, Some(_)) => None,
        }
    }

    /// Whether the state can be true of these quantities, in pieces. What is on the way may have been handed over in
    /// part; what waits may not, and what is complete must be.
    #[must_use]
    pub const fn agrees(self, wanted: Option<i64>, delivered: Option<i64>) -> bool {
        match (self, Self::by_quantities(wanted, delivered)) {
            (Self::Waiting, Some(q)) => matches!(q, Self::Waiting),
            (Self::OnTheWay, Some(q)) => !matches!(q, Self::Delivered),
            (Self::Partly, Some(q)) => matches!(q, Self::Partly),
            (Self::Delivered, Some(q)) => matches!(q, Self::Delivered),
            (Self::Waiting, None) => false,
            (Self::Cancelled, _) | (_, None) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use OrderState::*;

    #[test]
    fn words_read_back() {
        fn all<T: Copy + PartialEq + std::fmt::Debug>(
            all: &[T],
            code: fn(T) -> &'static str,
            of: fn(&str) -> Option<T>,
        ) {
            for v in all {
                assert_eq!(of(code(*v)), Some(*v));
            }
            assert_eq!(of(""), None);
        }
        all(OrderState::ALL, OrderState::code, OrderState::from_code);
        all(SlipState::ALL, SlipState::code, SlipState::from_code);
        all(CustomerState::ALL, CustomerState::code, CustomerState::from_code);
        all(CustomerKind::ALL, CustomerKind::code, CustomerKind::from_code);
    }

    #[test]
    fn quantities_of_the_source_table() {
        // The rows of the list that print a delivered quantity: 2/1 on the way, 5/1 waiting, 2/1 complete, 2/2 complete.
        for (state, wanted, delivered, says, agrees) in [
            (OnTheWay, 2, Some(1), Partly, true),
            (Waiting, 5, Some(1), Partly, false),
            (Delivered, 2, Some(1), Partly, false),
            (Delivered, 2, Some(2), Delivered, true),
            (Waiting, 3, None, Waiting, true),
            (OnTheWay, 3, None, Waiting, true),
            (OnTheWay, 2, Some(2), Delivered, false),
            (Partly, 2, Some(0), Waiting, false),
            (Cancelled, 2, Some(1), Partly, true),
        ] {
            assert_eq!(
                OrderState::by_quantities(Some(wanted), delivered),
                Some(says),
                "{state:?} {wanted} {delivered:?}"
            );
            assert_eq!(state.agrees(Some(wanted), delivered), agrees, "{state:?} {wanted} {delivered:?}");
        }
        assert_eq!(OrderState::by_quantities(None, Some(1)), None);
        assert!(!Waiting.agrees(None, Some(1)) && Delivered.agrees(None, Some(1)));
    }
}
