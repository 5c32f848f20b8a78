//! The one table of outcome codes: gate reasons, record outcomes, anomalies and alerts, each with its text in Chinese
//! and English, its source and its remedy. The API, the wall and the OpenAPI document all read it from here.

use crate::{gate::Decision, ledger::place};
use serde::{Deserialize, Serialize};

/// A text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    /// Chinese, the default.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

macro_rules! codes {
    ($(#[$meta:meta])* $name:ident : $info:ty { $($(#[doc = $doc:literal])* $variant:ident = $code:literal => $value:expr;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[doc = $doc])* #[serde(rename = $code)] $variant,)+ }

        impl $name {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as it stands on the wire and in the record.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// Its row of the table.
            #[must_use]
            pub const fn info(self) -> $info {
                match self { $(Self::$variant => $value),+ }
            }

            /// Reads a code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|c| c.code() == code)
            }
        }
    };
}

pub(crate) use codes;

/// A row of the table of gate reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ReasonInfo {
    /// What the reason decides by itself.
    pub decision: Decision,
    /// One line.
    pub text: Text,
    /// The rule it comes from (an id of the rule table, or of rules.md §19).
    pub rule: &'static str,
    /// Source and clause.
    pub source: &'static str,
    /// What the filler does now.
    pub remedy: Text,
}

const fn reason(decision: Decision, text: Text, rule: &'static str, source: &'static str, remedy: Text) -> ReasonInfo {
    ReasonInfo { decision, text, rule, source, remedy }
}

use Decision::{Block, Warn};

codes! {
    /// Why a fill is refused or warned about (rules.md §19). The order is that of the gate: worst first.
    Reason: ReasonInfo {
        /// The tag is not in the register.
        TagUnknown = "TAG_UNKNOWN" => reason(Block, t("标签未登记", "Tag is not in the register"), "GATE-1", "TSG 23-2021 8.6; TSG 07-2019 D2.1(4)",
            t("停止充装,核对钢印,报监管", "Do not fill; compare the stamp; report it"));
        /// The tag was voided.
        TagVoid = "TAG_VOID" => reason(Block, t("标签已作废", "Tag has been voided"), "GATE-1", "DB4114/T 185-2023",
            t("停止充装,扣留气瓶核查", "Do not fill; hold the cylinder for a check"));
        /// The tag was read at two places faster than a lorry drives.
        TagDuplicate = "TAG_DUPLICATE" => reason(Block, t("疑似克隆标签", "Tag suspected to be cloned"), "GATE-1", "GB/T 38059-2019",
            t("两处气瓶均封存核查", "Hold both cylinders and compare their stamps"));
        /// The stamp read at the pre-check is not the one on file.
        TagStampMismatch = "TAG_STAMP_MISMATCH" => reason(Block, t("标签与钢印不符", "Tag and stamp differ"), "GATE-1", "TSG 07-2019 D2.7.1.6",
            t("停止充装,核对钢印后换签", "Do not fill; compare the stamp and re-tag"));
        /// Draft or awaiting registration.
        NotRegistered = "NOT_REGISTERED" => reason(Block, t("未办理使用登记", "Not registered for use"), "GATE-2", "特种设备安全法 第三十三条",
            t("先办理使用登记", "Register the cylinder first"));
        /// Registration cancelled, suspended, transferred out.
        FileCancelled = "FILE_CANCELLED" => reason(Block, t("档案停用或注销", "File suspended or cancelled"), "GATE-2", "TSG 08-2026",
            t("停止充装,联系产权单位", "Do not fill; contact the owner"));
        /// Taken out of use by its owner (停用).
        Suspended = "SUSPENDED" => reason(Block, t("档案已停用", "File is suspended"), "GATE-2", "TSG 08-2026",
            t("停止充装,恢复使用前检验", "Do not fill; inspect it before it is used again"));
        /// Sealed by an officer with a directive (查封).
        Sealed = "SEALED" => reason(Block, t("已查封", "Sealed by an officer"), "GATE-2", "特种设备安全法 第六十一条",
            t("停止充装,联系查封机关", "Do not fill; contact the authority that sealed it"));
        /// Recalled (召回).
        Recalled = "RECALLED" => reason(Block, t("召回中", "Recalled by its maker"), "GATE-2", "特种设备安全法 第二十六条",
            t("停止充装,退回制造单位", "Do not fill; return it to its maker"));
        /// Reported lost by its owner (挂失).
        Lost = "LOST" => reason(Block, t("已挂失", "Reported lost"), "GATE-2", "TSG 07-2019 D2.7.1.6",
            t("扣留,通知产权单位", "Hold it and tell its owner"));
        /// Scrapped or destroyed.
        Scrapped = "SCRAPPED" => reason(Block, t("已报废气瓶", "Cylinder has been scrapped"), "GATE-3", "特种设备安全法 第四十八条",
            t("扣留,送检验机构消除使用功能", "Hold it; send it to be made unusable"));
        /// Beyond the end of life.
        LifeExceeded = "LIFE_EXCEEDED" => reason(Block, t("超过设计使用年限", "Past its design life"), "LIFE-*", "特种设备安全法 第四十八条; TSG 23-2021",
            t("停用,送报废", "Take out of use; send for scrapping"));
        /// LPG past eight years without the extension's assessment.
        Life8yNoAssessment = "LIFE_8Y_NO_ASSESSMENT" => reason(Block, t("满8年未经安全评估", "Past 8 years without a safety assessment"), "LIFE-LPG-2006", "GB 5842-2023; TSG 23-2021",
            t("送检验机构检验评估", "Send it for inspection and assessment"));
        /// Past the inspection's due date.
        InspectionExpired = "INSPECTION_EXPIRED" => reason(Block, t("超过检验有效期(过检)", "Inspection overdue"), "INT-*", "特种设备安全法 第四十条; TSG 23-2021 9.3",
            t("送检验机构检验", "Send it for inspection"));
        /// The last inspection was failed.
        InspectionFailed = "INSPECTION_FAILED" => reason(Block, t("检验不合格", "Failed its inspection"), "GATE-4", "TSG 23-2021 9",
            t("扣留,送报废或复检", "Hold it; send it for scrapping or a new inspection"));
        /// Stored or stopped for more than one interval.
        IdleTooLong = "IDLE_TOO_LONG" => reason(Block, t("停用超过一个检验周期", "Stored for longer than one inspection interval"), "INT-IDLE", "TSG 23-2021 9.3",
            t("送检验机构检验后启用", "Have it inspected before it is used again"));
        /// No date from which a due date or an end of life follows.
        DateMissing = "DATE_MISSING" => reason(Block, t("制造日期缺失或不清", "Manufacture date missing or illegible"), "LIFE-LPG-OLD", "GB/T 8334-2022",
            t("送检验机构核定或报废", "Send it to be assessed or scrapped"));
        /// Owned by another filler.
        NotOwn = "NOT_OWN" => reason(Block, t("非自有或托管气瓶", "Neither own nor entrusted"), "GATE-5", "TSG 23-2021 8.6; 城镇燃气管理条例 第十八条",
            t("停止充装,通知产权单位", "Do not fill; tell its owner"));
        /// Gas of the gun differs from the cylinder's.
        MediumMismatch = "MEDIUM_MISMATCH" => reason(Block, t("充装介质不一致", "Medium differs from the cylinder's"), "GATE-6", "TSG 23-2021 8.6",
            t("停止充装,核对瓶色与钢印", "Do not fill; compare colour and stamp"));
        /// The licence does not cover the gas.
        LicenceScope = "LICENCE_SCOPE" => reason(Block, t("超出充装许可范围", "Outside the filling licence"), "GATE-7", "TSG 07-2019",
            t("停止充装该介质", "Stop filling this medium"));
        /// The station's licence is out of date.
        LicenceExpired = "LICENCE_EXPIRED" => reason(Block, t("充装许可证过期", "Filling licence expired"), "GATE-7", "特种设备安全法 第四十九条; TSG 07-2019",
            t("停止充装,办理换证", "Stop filling; renew the licence"));
        /// The filler is not named or holds no certificate.
        OperatorCertMissing = "OPERATOR_CERT_MISSING" => reason(Block, t("充装人员无证", "Filler holds no certificate"), "GATE-7", "特种设备安全法 第十四条",
            t("换持证人员操作", "Let a certified filler do it"));
        /// The filler's certificate is out of date.
        OperatorCertExpired = "OPERATOR_CERT_EXPIRED" => reason(Block, t("充装人员证件过期", "Filler's certificate has expired"), "GATE-7", "特种设备安全法 第十四条",
            t("换持证人员操作,办理复审", "Let a certified filler do it; renew the certificate"));
        /// The filler's certificate does not cover the gas.
        OperatorCertScope = "OPERATOR_CERT_SCOPE" => reason(Block, t("充装人员证件不含该介质", "Filler's certificate does not cover the gas"), "GATE-7", "TSG 07-2019",
            t("换具备该介质资格的人员", "Let a filler certified for this gas do it"));
        /// The gun's scale is not verified as of the day.
        ScaleUnverified = "SCALE_UNVERIFIED" => reason(Block, t("衡器超过检定有效期", "Scale's verification is out of date"), "GATE-7", "计量法 第九条; GB/T 14193",
            t("停用该衡器,送检定", "Take the scale out of use and have it verified"));
        /// A gas-liquid dual-phase cylinder.
        DualPhase = "DUAL_PHASE" => reason(Block, t("气液双相气瓶禁止充装", "Gas-liquid dual-phase cylinders may not be filled"), "GATE-8", "GB 5842-2023",
            t("扣留,送报废", "Hold it; send it for scrapping"));
        /// A liquid-phase valve on a gas-phase cylinder, or the other way round.
        PhaseValveMismatch = "PHASE_VALVE_MISMATCH" => reason(Block, t("瓶阀与气瓶相态不符", "Valve and cylinder are of different phases"), "GATE-8", "GB 5842-2023; GB 7512-2023",
            t("送检验机构换阀", "Send it to have its valve changed"));
        /// A shroud held by screws.
        ScrewedShroud = "SCREWED_SHROUD" => reason(Block, t("螺栓护罩旧瓶禁止充装", "Screwed shroud: an old make that may not be filled"), "GATE-8", "GB/T 8334-2022",
            t("扣留,送报废", "Hold it; send it for scrapping"));
        /// New or just inspected, and not evacuated.
        NewNotVacuumed = "NEW_NOT_VACUUMED" => reason(Block, t("新瓶或检后首充未抽真空", "Not evacuated before its first fill"), "GATE-9", "郑州市燃气管理条例 第二十三条; TSG 23-2021 8.6",
            t("抽真空或置换并记录", "Evacuate or purge it and record that"));
        /// Not ready to fill (待充).
        StateIllegal = "STATE_ILLEGAL" => reason(Block, t("流转状态不允许充装", "Not in a state to be filled"), "GATE-10", "DB4114/T 185-2023",
            t("先收瓶并完成充装前检查", "Receive it and do the pre-fill check first"));
        /// No pre-fill check since it came back.
        PrecheckMissing = "PRECHECK_MISSING" => reason(Block, t("未做充装前检查", "No pre-fill check"), "GATE-11", "特种设备安全法 第四十九条",
            t("完成充装前检查", "Do the pre-fill check"));
        /// The pre-fill check was failed.
        PrecheckFailed = "PRECHECK_FAILED" => reason(Block, t("充装前检查不合格", "Failed the pre-fill check"), "GATE-11", "特种设备安全法 第四十九条",
            t("按不合格项封存、送检或报废", "Hold it, have it inspected or scrapped, as the item says"));
        /// The pre-fill check is older than it holds.
        PrecheckStale = "PRECHECK_STALE" => reason(Block, t("充装前检查已失效", "Pre-fill check is too old"), "PAR-PRECHECK-VALID", "系统参数默认值(待确认)",
            t("重新检查", "Check it again"));
        /// Residue above the limit; a drain clears it.
        ResidueHigh = "RESIDUE_HIGH" => reason(Block, t("残液超限", "Too much residue"), "PAR-RESIDUE-*", "GB 17267-1998",
            t("先抽残液并记录", "Drain it first and record that"));
        /// The gun decides offline on a snapshot that is too old.
        SnapshotStale = "SNAPSHOT_STALE" => reason(Block, t("离线数据过期", "Offline data is too old"), "PAR-SNAPSHOT", "系统参数默认值(待确认)",
            t("恢复联网后再充装", "Reconnect before filling"));
        /// Inspection due within the window.
        DueSoon = "DUE_SOON" => reason(Warn, t("临近检验期", "Inspection due soon"), "PAR-DUE-SOON", "特种设备安全法 第四十条",
            t("安排送检", "Plan the inspection"));
        /// The filler's certificate expires within the window.
        OperatorCertExpiring = "OPERATOR_CERT_EXPIRING" => reason(Warn, t("充装人员证件即将到期", "Filler's certificate expires soon"), "PAR-CERT-SOON", "TSG 07-2019",
            t("安排复审", "Plan its renewal"));
        /// A model that is being phased out (旧规格).
        PhaseOut = "PHASE_OUT" => reason(Warn, t("淘汰规格", "Model is being phased out"), "PHASE-OUT-*", "GB 5842-2023",
            t("到期后不再送检", "Do not have it inspected again"));
        /// An event did not follow from the one before.
        ChainGap = "CHAIN_GAP" => reason(Warn, t("流转链路断点", "A break in its chain of events"), "GATE-13", "TSG 07-2019 D2.1(4)",
            t("核对收发记录", "Compare the records of its moves"));
        /// Something in the file is doubtful.
        DataDoubt = "DATA_DOUBT" => reason(Warn, t("档案数据存疑", "Doubtful data in the file"), "GATE-13", "GB/T 38700-2020",
            t("核对钢印后更正档案", "Compare the stamp and correct the file"));
        /// The station is not insured as of the day.
        NoInsurance = "NO_INSURANCE" => reason(Warn, t("未投保充装安全责任险", "No liability insurance"), "GATE-14", "充装安全责任保险试点(条款待确认)",
            t("办理投保", "Take out the insurance"));
        /// The warning label is old or illegible.
        LabelOld = "LABEL_OLD" => reason(Warn, t("警示标签陈旧", "Warning label is old"), "GATE-14", "GB/T 16804",
            t("换贴警示标签", "Renew the warning label"));
    }
}

/// Reasons by their number in the record: append only.
const REASON_NUMBERS: &[Reason] = &[
    Reason::TagUnknown,
    Reason::TagVoid,
    Reason::TagDuplicate,
    Reason::NotRegistered,
    Reason::FileCancelled,
    Reason::Scrapped,
    Reason::LifeExceeded,
    Reason::Life8yNoAssessment,
    Reason::InspectionExpired,
    Reason::DateMissing,
    Reason::NotOwn,
    Reason::MediumMismatch,
    Reason::LicenceScope,
    Reason::LicenceExpired,
    Reason::DueSoon,
    Reason::DataDoubt,
    Reason::TagStampMismatch,
    Reason::Suspended,
    Reason::Sealed,
    Reason::Recalled,
    Reason::Lost,
    Reason::InspectionFailed,
    Reason::IdleTooLong,
    Reason::OperatorCertMissing,
    Reason::OperatorCertExpired,
    Reason::OperatorCertScope,
    Reason::ScaleUnverified,
    Reason::DualPhase,
    Reason::PhaseValveMismatch,
    Reason::ScrewedShroud,
    Reason::NewNotVacuumed,
    Reason::StateIllegal,
    Reason::PrecheckMissing,
    Reason::PrecheckFailed,
    Reason::PrecheckStale,
    Reason::ResidueHigh,
    Reason::SnapshotStale,
    Reason::OperatorCertExpiring,
    Reason::PhaseOut,
    Reason::ChainGap,
    Reason::NoInsurance,
    Reason::LabelOld,
];

impl Reason {
    /// Number in the record, as the key of a counter. The table is in the order of the gate and grows in its middle; numbers
    /// stay.
    #[must_use]
    pub fn number(self) -> i16 {
        place(REASON_NUMBERS, &self)
    }

    /// Whether a rule may allow a regulator to override it. What concerns the cylinder itself (steps 1 to 6 and 8 of the
    /// gate) never may (rules.md §20).
    #[must_use]
    pub fn may_be_overridden(self) -> bool {
        self >= Self::LicenceScope && !matches!(self, Self::DualPhase | Self::PhaseValveMismatch | Self::ScrewedShroud)
    }

    /// From the record.
    #[must_use]
    pub fn from_number(n: i16) -> Option<Self> {
        usize::try_from(n).ok().and_then(|i| REASON_NUMBERS.get(i)).copied()
    }
}

codes! {
    /// What is wrong with a fill that happened. It is recorded all the same (rules.md §20).
    Anomaly: Text {
        /// Contents above the maximum and the scale's tolerance.
        Overfill = "OVERFILL" => t("超装", "Overfilled");
        /// Between maximum and tolerance.
        AtMaximum = "AT_MAXIMUM" => t("达到最大充装量", "At the maximum");
        /// Contents below the lowest.
        Underfill = "UNDERFILL" => t("欠装", "Underfilled");
        /// The gate had said BLOCK.
        FilledThoughBlocked = "FILLED_THOUGH_BLOCKED" => t("拒充后强充", "Filled though refused");
        /// No authorisation was asked for.
        NotAsked = "NOT_ASKED" => t("未经核验充装", "Filled without asking");
        /// Another gas than the cylinder's was filled.
        WrongMedium = "WRONG_MEDIUM" => t("充错介质", "Filled with another gas");
        /// The tag is in no register.
        UnknownTag = "UNKNOWN_TAG" => t("非法标签充装", "Filled on an unknown tag");
        /// Less gas went in than the record claims, beyond the allowed shortage.
        ShortWeight = "SHORT_WEIGHT" => t("净含量不足", "Short weight");
        /// The event does not follow from the one before.
        ChainGap = "CHAIN_GAP" => t("链路断点", "Break in the chain");
        /// Received or filled by somebody who neither owns it nor holds it in trust.
        NotOwn = "NOT_OWN" => t("非自有或托管气瓶", "Neither own nor entrusted");
        /// Filled without a pre-check.
        FilledUnchecked = "FILLED_UNCHECKED" => t("未前检充装", "Filled without a pre-check");
        /// Despatched past its due date.
        ShippedOverdue = "SHIPPED_OVERDUE" => t("过检出库", "Despatched overdue");
        /// Despatched without a post-check.
        ShippedUnchecked = "SHIPPED_UNCHECKED" => t("未复检出库", "Despatched without a post-check");
        /// Despatched by a station whose licence is out of date.
        ShippedUnlicensed = "SHIPPED_UNLICENSED" => t("许可过期出库", "Despatched without a licence in force");
        /// Used or moved though an officer sealed it.
        SealedMoved = "SEALED_MOVED" => t("动用查封气瓶", "Sealed cylinder used or moved");
        /// Filled, despatched or delivered though it is recalled.
        RecalledMoved = "RECALLED_MOVED" => t("召回气瓶流通", "Recalled cylinder in circulation");
        /// The stamp read at a pre-check is not the one on file.
        StampDiffers = "STAMP_DIFFERS" => t("钢印与档案不符", "Stamp differs from the file");
    }
}

/// How urgent an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To know.
    Info,
    /// To look at today.
    Warning,
    /// To act on now.
    Danger,
}

/// A row of the table of alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AlertInfo {
    /// Urgency.
    pub severity: Severity,
    /// One line.
    pub text: Text,
}

const fn alert(severity: Severity, zh: &'static str, en: &'static str) -> AlertInfo {
    AlertInfo { severity, text: t(zh, en) }
}

codes! {
    /// What alerts exist.
    AlertKind: AlertInfo {
        /// A fill was recorded that the gate had refused.
        FilledThoughBlocked = "FILLED_THOUGH_BLOCKED" => alert(Severity::Danger, "拒充后强充", "Filled though refused");
        /// A fill was recorded on a tag no register knows.
        IllegalTagFill = "ILLEGAL_TAG_FILL" => alert(Severity::Danger, "非法标签充装", "Fill on an unknown tag");
        /// A fill nobody had asked the gate about.
        FillNotAsked = "FILL_NOT_ASKED" => alert(Severity::Warning, "未经核验充装", "Fill without asking");
        /// Another gas than the cylinder's was filled.
        WrongMedium = "WRONG_MEDIUM" => alert(Severity::Danger, "充错介质", "Filled with another gas");
        /// Overfill.
        Overfill = "OVERFILL" => alert(Severity::Danger, "超装", "Overfilled");
        /// Underfill.
        Underfill = "UNDERFILL" => alert(Severity::Info, "欠装", "Underfilled");
        /// Less gas went in than the record claims.
        ShortWeight = "SHORT_WEIGHT" => alert(Severity::Warning, "净含量不足", "Short weight");
        /// A gun tried a tag no register knows, or a void one.
        IllegalTagAttempt = "ILLEGAL_TAG_ATTEMPT" => alert(Severity::Warning, "非法电子标签尝试充装", "Attempt with an illegal tag");
        /// The same tag at two places faster than a lorry.
        Clone = "CLONE" => alert(Severity::Danger, "疑似克隆标签", "Tag suspected to be cloned");
        /// A sequence number did not arrive within the time allowed.
        Omission = "OMISSION" => alert(Severity::Warning, "记录遗漏", "Records missing");
        /// A sequence number came again with another content.
        Disorder = "DISORDER" => alert(Severity::Danger, "记录错乱", "Records in disorder");
        /// A gun lost its memory and began a new epoch.
        EpochRaised = "EPOCH_RAISED" => alert(Severity::Info, "充装枪记忆丢失,新纪元", "Gun lost its memory: new epoch");
        /// A fill was recorded without a pre-check.
        FilledUnchecked = "FILLED_UNCHECKED" => alert(Severity::Warning, "未前检充装", "Filled without a pre-check");
        /// A cylinder past its due date was despatched.
        ShippedOverdue = "SHIPPED_OVERDUE" => alert(Severity::Danger, "过检出库", "Despatched overdue");
        /// A cylinder was despatched without a post-check.
        ShippedUnchecked = "SHIPPED_UNCHECKED" => alert(Severity::Warning, "未复检出库", "Despatched without a post-check");
        /// A station without a licence in force despatched a cylinder.
        ShippedUnlicensed = "SHIPPED_UNLICENSED" => alert(Severity::Warning, "许可过期出库", "Despatched without a licence in force");
        /// A sealed cylinder was used or moved.
        SealedMoved = "SEALED_MOVED" => alert(Severity::Danger, "动用查封气瓶", "Sealed cylinder used or moved");
        /// A recalled cylinder was filled, despatched or delivered.
        RecalledMoved = "RECALLED_MOVED" => alert(Severity::Danger, "召回气瓶流通", "Recalled cylinder in circulation");
        /// The stamp of a cylinder is not the one on file.
        StampDiffers = "STAMP_DIFFERS" => alert(Severity::Warning, "钢印与档案不符", "Stamp differs from the file");
        /// An event does not follow from the one before (rules.md §19).
        ChainGap = "CHAIN_GAP" => alert(Severity::Warning, "链路断点", "Break in the chain");
        /// The same weight in a row.
        RepeatedWeight = "REPEATED_WEIGHT" => alert(Severity::Danger, "重量雷同", "The same weight again and again");
        /// Fills of a gun overlap, or follow faster than it works.
        ImpossiblePace = "IMPOSSIBLE_PACE" => alert(Severity::Warning, "充装节拍异常", "Faster than a gun works");
        /// A gun overfills too often.
        OverfillingGun = "OVERFILLING_GUN" => alert(Severity::Danger, "充装枪频繁超装", "Gun overfills often");
        /// A gun underfills too often.
        UnderfillingGun = "UNDERFILLING_GUN" => alert(Severity::Warning, "充装枪频繁欠装", "Gun underfills often");
        /// The tag of a scrapped cylinder, or a void one, was read.
        ZombieTag = "ZOMBIE_TAG" => alert(Severity::Danger, "报废瓶标签再现", "Tag of a scrapped cylinder read");
        /// The scale of a gun drifts away from zero.
        ScaleDrift = "SCALE_DRIFT" => alert(Severity::Warning, "衡器漂移", "Scale drifts");
        /// Net weights and scales of a station do not agree.
        NetMismatch = "NET_MISMATCH" => alert(Severity::Warning, "净重账不符", "Net weights do not add up");
        /// An empty cylinder weighs something else than is stamped.
        TareDrift = "TARE_DRIFT" => alert(Severity::Warning, "皮重异常,疑似换瓶", "Tare differs: cylinder suspected to be swapped");
        /// More in it than its last fill left: filled elsewhere.
        GasChanged = "GAS_CHANGED" => alert(Severity::Warning, "余气异常,疑似他处充装", "More gas than it was given: filled elsewhere");
        /// The clock of a device is wrong.
        DeviceClock = "DEVICE_CLOCK" => alert(Severity::Warning, "设备时钟偏差", "Device clock is off");
        /// Weights that nobody weighed.
        FabricatedWeight = "FABRICATED_WEIGHT" => alert(Severity::Danger, "疑似编造重量", "Weights suspected to be made up");
    }
}

/// The numbers of kinds of alerts in the record, by their place here: the table grows in its middle; numbers stay.
const ALERT_NUMBERS: &[AlertKind] = &[
    AlertKind::FilledThoughBlocked,
    AlertKind::IllegalTagFill,
    AlertKind::FillNotAsked,
    AlertKind::WrongMedium,
    AlertKind::Overfill,
    AlertKind::Underfill,
    AlertKind::ShortWeight,
    AlertKind::IllegalTagAttempt,
    AlertKind::Clone,
    AlertKind::Omission,
    AlertKind::Disorder,
    AlertKind::EpochRaised,
    AlertKind::FilledUnchecked,
    AlertKind::ShippedOverdue,
    AlertKind::ShippedUnchecked,
    AlertKind::ShippedUnlicensed,
    AlertKind::SealedMoved,
    AlertKind::RecalledMoved,
    AlertKind::StampDiffers,
    AlertKind::ChainGap,
    AlertKind::RepeatedWeight,
    AlertKind::ImpossiblePace,
    AlertKind::OverfillingGun,
    AlertKind::UnderfillingGun,
    AlertKind::ZombieTag,
    AlertKind::ScaleDrift,
    AlertKind::NetMismatch,
    AlertKind::TareDrift,
    AlertKind::GasChanged,
    AlertKind::DeviceClock,
    AlertKind::FabricatedWeight,
];

impl AlertKind {
    /// Number in the record, as the key of a counter.
    #[must_use]
    pub fn number(self) -> i16 {
        place(ALERT_NUMBERS, &self)
    }

    /// From the record.
    #[must_use]
    pub fn from_number(n: i16) -> Option<Self> {
        usize::try_from(n).ok().and_then(|i| ALERT_NUMBERS.get(i)).copied()
    }

    /// Whether somebody has to take note of one.
    #[must_use]
    pub fn is_to_be_noted(self) -> bool {
        self.info().severity != Severity::Info
    }
}

/// A row of the table of record outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RecordInfo {
    /// One line.
    pub text: Text,
    /// What the sender does.
    pub remedy: Text,
}

const fn rec(text: Text, remedy: Text) -> RecordInfo {
    RecordInfo { text, remedy }
}

codes! {
    /// Why a record was not accepted: QUARANTINED cannot be attributed, REJECTED is malformed (rules.md §20).
    RecordCode: RecordInfo {
        /// Same sequence number, another content.
        SeqReused = "SEQ_REUSED" => rec(t("序号重复而内容不同", "Sequence number used before with another content"),
            t("保留首条;按新序号补报", "The first stands; send this one under a new number"));
        /// Ahead of the server's clock by more than is allowed, or from before the year 2000: a clock that was never set.
        ImpossibleTime = "IMPOSSIBLE_TIME" => rec(t("时间不可能", "Impossible time"),
            t("校准设备时钟后重报", "Set the device's clock and send it again under a new number"));
        /// The epoch skips one, so the gun's state is not known.
        EpochUnknown = "EPOCH_UNKNOWN" => rec(t("纪元不连续", "Epoch is not the present one nor the next"),
            t("读取 /devices/me 后以当前纪元加一重报", "Read /devices/me and use the present epoch plus one"));
        /// The sequence number leaps further than a gun could have filled.
        SeqLeap = "SEQ_LEAP" => rec(t("序号跳跃过大", "Sequence number leaps too far"),
            t("检查设备计数器", "Check the device's counter"));
        /// A field is missing, of the wrong type or out of its range.
        Malformed = "MALFORMED" => rec(t("字段缺失或无效", "A field is missing or invalid"),
            t("按字段说明更正后以同一序号重报", "Correct the field and send it again under the same number"));
        /// A registration of a tag that another cylinder bears.
        TagTaken = "TAG_TAKEN" => rec(t("标签已绑定其他气瓶", "Tag is bound to another cylinder"),
            t("核对标签,换签后重报", "Compare the tags; re-tag and send again"));
        /// The same (epoch, seq) stands twice in one batch with different contents.
        TwiceInBatch = "TWICE_IN_BATCH" => rec(t("同批序号重复", "Sequence number twice in one batch"),
            t("保留首条;按新序号补报", "The first stands; send this one under a new number"));
        /// This kind of device at this kind of organisation does not report this kind of event.
        EventNotAllowed = "EVENT_NOT_ALLOWED" => rec(t("该设备无权报送此类事件", "This device may not report this kind of event"),
            t("由有权单位的设备报送;同一序号可改报其他事件", "Let a device of the right organisation report it; the number may be used for another event"));
        /// The post-check was done by the filler.
        PostcheckByFiller = "POSTCHECK_BY_FILLER" => rec(t("复检人与充装人为同一人", "Post-check by the filler himself"),
            t("由另一人复检后以同一序号重报", "Let another person check and send it under the same number"));
        /// A tag is bound by way of one that leads to no cylinder.
        NoSuchCylinder = "NO_SUCH_CYLINDER" => rec(t("标签未对应任何气瓶", "The tag leads to no cylinder"),
            t("核对标签后以同一序号重报", "Compare the tag and send it again under the same number"));
        /// There is no event of that number that this device may correct, or it was corrected before.
        NothingToCorrect = "NOTHING_TO_CORRECT" => rec(t("没有可更正的事件", "No such event that could be corrected"),
            t("核对事件编号与标签;本单位的事件由本单位更正", "Compare number and tag; an organisation corrects its own events"));
        /// The file says something else than what was to be changed: somebody changed it before.
        FileChanged = "FILE_CHANGED" => rec(t("档案已被他人变更", "The file was changed meanwhile"),
            t("重新打开档案,核对后再提交", "Open the file again, compare, and send it anew"));
        /// Another cylinder of this maker bears this stamped number.
        StampTaken = "STAMP_TAKEN" => rec(t("钢印号已属于另一只同厂钢瓶", "Another cylinder of this maker bears this stamped number"),
            t("核对钢印;确为同一只钢瓶时,在重复档案中处理", "Compare the stamp; if it is the same cylinder, settle it among the duplicates"));
        /// One of two files of a cylinder is closed already, or is in no state to be closed.
        FileClosed = "FILE_CLOSED" => rec(t("两份档案之一已注销,或其状态不允许注销", "One of the two files is closed already, or cannot be closed as it stands"),
            t("重新打开重复档案,核对后再处理", "Open the duplicates again and compare before you settle it"));
        /// The tag is void already, or leads to another cylinder.
        NothingToVoid = "NOTHING_TO_VOID" => rec(t("没有可作废的标签", "No such tag that could be voided"),
            t("核对标签号", "Compare the tag"));
        /// The offer of a transfer does not exist, is not for this organisation, or is not the present owner's.
        NoSuchOffer = "NO_SUCH_OFFER" => rec(t("没有可确认的过户", "No such transfer to confirm"),
            t("请原产权单位重新发起过户", "Ask the present owner to offer it again"));
    }
}

codes! {
    /// Why a device's request as a whole was refused.
    RequestCode: Text {
        /// A header of the signature is missing or unreadable.
        SignatureMissing = "SIGNATURE_MISSING" => t("缺少签名头", "A signature header is missing or malformed");
        /// The key id is not known.
        KeyUnknown = "KEY_UNKNOWN" => t("密钥编号未知", "Key id is not known");
        /// The signature does not match: another key or an altered request.
        SignatureWrong = "SIGNATURE_WRONG" => t("签名不符", "Signature does not match");
        /// The device or its key was revoked.
        DeviceRevoked = "DEVICE_REVOKED" => t("设备已吊销", "Device has been revoked");
        /// The timestamp is more than five minutes off.
        ClockSkew = "CLOCK_SKEW" => t("时钟偏差超过5分钟", "Clock is off by more than 5 minutes");
        /// The nonce was used before.
        Replayed = "REPLAYED" => t("请求重放", "Request was sent before: sign it again with a fresh nonce");
        /// The body is no JSON of the expected form.
        BadBody = "BAD_BODY" => t("请求体无效", "Body is not what this route expects");
        /// More records than a batch may hold.
        BatchTooLarge = "BATCH_TOO_LARGE" => t("批量过大", "More than 1,000 records in a batch");
        /// The body is larger than the limit.
        BodyTooLarge = "BODY_TOO_LARGE" => t("请求体过大", "Body is larger than the limit");
        /// No such route.
        NotFound = "NOT_FOUND" => t("没有此路径", "No such path");
        /// The route does not take this method.
        MethodNotAllowed = "METHOD_NOT_ALLOWED" => t("方法不允许", "Method not allowed");
        /// This kind of device may not call this route.
        NotThisDevice = "NOT_THIS_DEVICE" => t("设备类型不符", "This kind of device may not do this");
        /// The name of the attempt was used before for another question.
        AttemptReused = "ATTEMPT_REUSED" => t("核验编号重复而内容不同", "Attempt name was used before for another question");
        /// The display is not paired.
        NotPaired = "NOT_PAIRED" => t("显示屏未配对", "This display is not paired");
        /// The origin of a browser's request is foreign.
        ForeignOrigin = "FOREIGN_ORIGIN" => t("来源不符", "Request comes from another origin");
        /// The server is busy or stopping.
        Busy = "BUSY" => t("服务繁忙,请重试", "Server is busy or stopping: try again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_and_is_unique() {
        let mut all: Vec<&str> = Reason::ALL.iter().map(|c| c.code()).collect();
        for c in Reason::ALL {
            assert_eq!(Reason::from_code(c.code()), Some(*c));
            assert_eq!(serde_json::to_string(c).unwrap(), format!("\"{}\"", c.code()));
            assert!(!c.info().text.zh.is_empty() && !c.info().remedy.en.is_empty() && !c.info().source.is_empty());
        }
        all.extend(RecordCode::ALL.iter().map(|c| c.code()));
        all.extend(RequestCode::ALL.iter().map(|c| c.code()));
        let n = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), n);
        assert_eq!(Reason::from_code("NO_SUCH"), None);
        assert_eq!(REASON_NUMBERS.len(), Reason::ALL.len());
        for r in Reason::ALL {
            assert_eq!(Reason::from_number(r.number()), Some(*r), "every reason has a number of its own");
        }
        assert_eq!(ALERT_NUMBERS.len(), AlertKind::ALL.len());
        for k in AlertKind::ALL {
            assert_eq!(AlertKind::from_number(k.number()), Some(*k), "every kind has a number of its own");
        }
        let (first, last) = (AlertKind::FilledThoughBlocked.number(), ALERT_NUMBERS[30].code());
        assert_eq!((first, last), (0, "FABRICATED_WEIGHT"), "numbers in the record stay");
        assert_eq!((Reason::TagUnknown.number(), Reason::DataDoubt.number()), (0, 15), "numbers in the record stay");
        assert_eq!((Reason::from_number(-1), Reason::from_number(999)), (None, None));
        assert_eq!(AlertKind::from_code("CLONE"), Some(AlertKind::Clone));
    }
}
