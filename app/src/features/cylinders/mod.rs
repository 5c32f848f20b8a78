//! `/cylinders`: the archive (钢瓶档案).

pub mod amend;
mod api;
pub mod detail;
pub mod register;
pub(crate) mod spec;

pub use amend::{AmendmentAsk, CylinderAmend, amendment_ask, cylinder_amend};
pub use api::{
    ArchiveChoices, CylinderDetail, CylinderList, CylinderRegister, RegistrationAsk, archive_choices, cylinder_detail,
    cylinder_list, cylinder_register, registration_ask,
};

use crate::{
    kit::{list, page},
    lang::tr,
};
use leptos::prelude::*;

/// The page.
#[must_use]
pub fn page() -> AnyView {
    list::page(&spec::ARCHIVE)
}

/// The page of a cylinder, by what it is called.
#[must_use]
pub fn address(tag: &str, stamp_no: &str) -> String {
    let code = if tag.is_empty() { stamp_no } else { tag };
    format!("/cylinders/{}", domain::list::encode(code))
}

/// The page in place of a cylinder's: nothing within sight is found by the code.
#[must_use]
pub fn missing(code: &str) -> AnyView {
    #[cfg(feature = "ssr")]
    crate::error::set_status(404);
    page::notice(
        "empty",
        format!("{} {code}", tr("没有找到钢瓶", "No cylinder found with the code")),
        tr("请核对编码后重试,或在钢瓶档案中查找。", "Check the code and try again, or look in the archive.").into(),
    )
}
