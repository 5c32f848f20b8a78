//! Who may do what: one table from roles to permissions (GB/T 22239-2019 8.1.4.2, three administrators kept apart).

use crate::{outcome::Text, scope::Scope};
use serde::{Deserialize, Serialize};

macro_rules! table {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident = $code:literal, $zh:literal, $en:literal;)+ }) => {
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

            /// The name for people.
            #[must_use]
            pub const fn text(self) -> Text {
                match self { $(Self::$variant => Text { zh: $zh, en: $en }),+ }
            }

            /// Reads a code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|c| c.code() == code)
            }
        }
    };
}

table! {
    /// What somebody may do. What is not granted is refused.
    Permission {
        /// Sees the wall and its feed.
        WallView = "wall.view", "查看大屏", "See the wall";
        /// Takes note of alerts on the wall.
        WallControl = "wall.control", "操作大屏", "Work the wall";
        /// Reads the archive of cylinders.
        CylinderRead = "cylinder.read", "查看气瓶档案", "Read cylinders";
        /// Changes the archive of cylinders.
        CylinderEdit = "cylinder.edit", "编辑气瓶档案", "Edit cylinders";
        /// Imports cylinders from tables.
        CylinderImport = "cylinder.import", "导入气瓶档案", "Import cylinders";
        /// Issues, binds, replaces and voids tags.
        TagManage = "tag.manage", "管理标签", "Manage tags";
        /// Follows one cylinder through its life.
        TraceRead = "trace.read", "追溯查询", "Trace a cylinder";
        /// Reads analyses and statistics.
        AnalysisRead = "analysis.read", "查看分析统计", "Read analyses";
        /// Reads records of checks, fills and sales.
        RecordRead = "record.read", "查看充装检查记录", "Read records";
        /// Sees the map.
        MapRead = "map.read", "查看地图", "See the map";
        /// Reads alerts.
        AlertRead = "alert.read", "查看预警", "Read alerts";
        /// Takes on, assigns and closes alerts.
        AlertHandle = "alert.handle", "处置预警", "Handle alerts";
        /// Reads catalogues of check items.
        CheckItemRead = "check_item.read", "查看检查项目", "Read check items";
        /// Edits catalogues of check items.
        CheckItemEdit = "check_item.edit", "编辑检查项目", "Edit check items";
        /// Reads the rules.
        RuleRead = "rule.read", "查看规则", "Read rules";
        /// Drafts a version of a rule.
        RuleEdit = "rule.edit", "编辑规则", "Edit rules";
        /// Approves what another person drafted.
        RuleApprove = "rule.approve", "审批规则", "Approve rules";
        /// Exports what a list shows.
        Export = "export", "导出数据", "Export";
        /// Sends exports to the supervision platform, in the authority's name.
        Upload = "upload", "上报监管平台", "Send to the supervision platform";
        /// Sees personal data unmasked, for a stated purpose.
        PersonalDataUnmask = "personal_data.unmask", "查看完整个人信息", "Unmask personal data";
        /// Sees accounts and their sessions.
        AccountRead = "account.read", "查看账号", "Read accounts";
        /// Makes, names and disables accounts, and resets passwords.
        AccountManage = "account.manage", "管理账号", "Manage accounts";
        /// Unlocks accounts and takes away a second factor that was lost.
        AccountUnlock = "account.unlock", "解锁账号", "Unlock accounts";
        /// Grants roles and scopes.
        RoleGrant = "role.grant", "授予角色", "Grant roles";
        /// Changes the policy of passwords and sessions.
        PolicyEdit = "policy.edit", "修改安全策略", "Edit policy";
        /// Makes and changes organisations.
        OrgManage = "org.manage", "管理单位", "Manage organisations";
        /// Sets the supervision platform that exports are sent to.
        PlatformEdit = "platform.edit", "设置监管平台", "Set the supervision platform";
        /// Reads the audit log.
        AuditRead = "audit.read", "查看审计日志", "Read the audit log";
        /// Pairs and revokes displays.
        DisplayPair = "display.pair", "配对显示屏", "Pair displays";
        /// Reads complaints.
        ComplaintRead = "complaint.read", "查看投诉", "Read complaints";
        /// Handles complaints.
        ComplaintHandle = "complaint.handle", "处理投诉", "Handle complaints";
        /// Approves what another person asked for in a complaint.
        ComplaintApprove = "complaint.approve", "审批投诉事项", "Approve in complaints";
        /// Answers complaints about the own organisation.
        ComplaintAnswer = "complaint.answer", "答复投诉", "Answer complaints";
        /// Reads publicity that is being worked on.
        PostRead = "post.read", "查看宣传内容", "Read publicity";
        /// Writes publicity.
        PostEdit = "post.edit", "编辑宣传内容", "Edit publicity";
        /// Reviews and publishes publicity.
        PostReview = "post.review", "审核宣传内容", "Review publicity";
        /// Reads credit ratings.
        CreditRead = "credit.read", "查看信用评价", "Read credit";
        /// Enters what credit ratings are made of.
        CreditEdit = "credit.edit", "编辑信用评价", "Edit credit";
        /// Appeals against points of its own enterprise.
        CreditAppeal = "credit.appeal", "提出信用申诉", "Appeal against credit points";
        /// Sends messages to many, within the own scope.
        MessageSend = "message.send", "发送系统消息", "Send messages";
        /// Reads what was sent and how it stands; everybody reads the own inbox.
        MessageRead = "message.read", "查看发件箱", "Read the outbox";
        /// Issues documents with receipt, and sees who signed.
        PaperIssue = "paper.issue", "发布公文", "Issue documents";
        /// Signs for documents and answers them, for the own organisation or district.
        PaperSign = "paper.sign", "签收公文", "Sign for documents";
        /// Reads documents that the own part of the city issued or must sign for.
        PaperRead = "paper.read", "查看公文", "Read documents";
    }
}

table! {
    /// What somebody is. An account holds several, an administrator one.
    Role {
        /// Regulator of the whole city.
        CityRegulator = "city_regulator", "市级监管人员", "City regulator";
        /// Regulator of a district.
        DistrictRegulator = "district_regulator", "区县监管人员", "District regulator";
        /// On duty in the command hall.
        DutyOfficer = "duty_officer", "值班人员", "Duty officer";
        /// Answers for the command hall.
        WallPrincipal = "wall_principal", "单位负责人", "Wall principal";
        /// Handles what the wall shows.
        WallHandler = "wall_handler", "处置人员", "Wall handler";
        /// Keeps the wall running.
        WallSupport = "wall_support", "保障人员", "Wall support";
        /// Writes publicity.
        PublicityEditor = "publicity_editor", "宣传编辑", "Publicity editor";
        /// Reviews publicity.
        PublicityReviewer = "publicity_reviewer", "宣传审核", "Publicity reviewer";
        /// Handles complaints.
        ComplaintOfficer = "complaint_officer", "投诉处理人员", "Complaint officer";
        /// Answers for an enterprise's data.
        EnterpriseAdmin = "enterprise_admin", "企业管理员", "Enterprise admin";
        /// Fills.
        Filler = "filler", "充装人员", "Filler";
        /// Checks before and after the fill.
        Checker = "checker", "检查人员", "Checker";
        /// Keeps a store.
        WarehouseKeeper = "warehouse_keeper", "库管人员", "Warehouse keeper";
        /// Delivers.
        Deliverer = "deliverer", "配送人员", "Deliverer";
        /// Checks the safety of homes.
        HomeSafetyChecker = "home_safety_checker", "入户安检人员", "Home-safety checker";
        /// Repairs.
        Repairer = "repairer", "维修人员", "Repairer";
        /// Inspects cylinders.
        InspectionAgency = "inspection_agency", "检验机构人员", "Inspection agency";
        /// Administrator of accounts, organisations and settings.
        SystemAdmin = "system_admin", "系统管理员", "System administrator";
        /// Administrator of roles, scopes and policy.
        SecurityAdmin = "security_admin", "安全管理员", "Security administrator";
        /// Reads the audit log.
        Auditor = "auditor", "审计管理员", "Auditor";
    }
}

/// What every regulator may read.
const REGULATOR: &[Permission] = {
    use Permission as P;
    &[
        P::WallView,
        P::WallControl,
        P::CylinderRead,
        P::TraceRead,
        P::AnalysisRead,
        P::RecordRead,
        P::MapRead,
        P::AlertRead,
        P::AlertHandle,
        P::CheckItemRead,
        P::RuleRead,
        P::Export,
        P::Upload,
        P::PersonalDataUnmask,
        P::ComplaintRead,
        P::ComplaintApprove,
        P::CreditRead,
        P::MessageSend,
        P::MessageRead,
        P::PaperIssue,
        P::PaperSign,
        P::PaperRead,
    ]
};

/// Roles on which a scope that they need does not stand, or that do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// An administrator's role stands alone.
    #[error("三类管理员角色须各自独立,不得与其他角色兼任 (an administrator's role stands alone)")]
    Alone,
    /// The role does not fit the scope.
    #[error("角色「{}」与数据范围不符 (the role {} does not fit the scope)", .0.text().zh, .0.text().en)]
    Scope(Role),
}

impl Role {
    /// What the role may do.
    #[must_use]
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::CityRegulator => &[
                P::WallView,
                P::WallControl,
                P::CylinderRead,
                P::CylinderEdit,
                P::CylinderImport,
                P::TagManage,
                P::TraceRead,
                P::AnalysisRead,
                P::RecordRead,
                P::MapRead,
                P::AlertRead,
                P::AlertHandle,
                P::CheckItemRead,
                P::CheckItemEdit,
                P::RuleRead,
                P::RuleEdit,
                P::RuleApprove,
                P::Export,
                P::Upload,
                P::PersonalDataUnmask,
                P::DisplayPair,
                P::ComplaintRead,
                P::ComplaintApprove,
                P::CreditRead,
                P::CreditEdit,
                P::MessageSend,
                P::MessageRead,
                P::PaperIssue,
                P::PaperRead,
            ],
            Self::DistrictRegulator => REGULATOR,
            Self::DutyOfficer => &[
                P::WallView,
                P::WallControl,
                P::CylinderRead,
                P::TraceRead,
                P::AnalysisRead,
                P::RecordRead,
                P::MapRead,
                P::AlertRead,
                P::AlertHandle,
                P::RuleRead,
                P::DisplayPair,
                P::ComplaintRead,
                P::MessageSend,
                P::MessageRead,
            ],
            Self::WallPrincipal => &[
                P::WallView,
                P::WallControl,
                P::CylinderRead,
                P::TraceRead,
                P::AnalysisRead,
                P::MapRead,
                P::AlertRead,
                P::AlertHandle,
                P::DisplayPair,
            ],
            Self::WallHandler => &[P::WallView, P::WallControl, P::TraceRead, P::MapRead, P::AlertRead, P::AlertHandle],
            Self::WallSupport => &[P::WallView, P::DisplayPair],
            Self::PublicityEditor => &[P::PostRead, P::PostEdit],
            Self::PublicityReviewer => &[P::PostRead, P::PostReview],
            Self::ComplaintOfficer => &[P::ComplaintRead, P::ComplaintHandle, P::TraceRead, P::PersonalDataUnmask],
            Self::EnterpriseAdmin => &[
                P::CylinderRead,
                P::CylinderEdit,
                P::CylinderImport,
                P::TagManage,
                P::TraceRead,
                P::AnalysisRead,
                P::RecordRead,
                P::MapRead,
                P::AlertRead,
                P::CheckItemRead,
                P::RuleRead,
                P::Export,
                P::ComplaintRead,
                P::ComplaintAnswer,
                P::CreditRead,
                P::CreditAppeal,
                P::PaperSign,
                P::PaperRead,
            ],
            Self::Filler | Self::Checker => {
                &[P::CylinderRead, P::TraceRead, P::RecordRead, P::CheckItemRead, P::RuleRead]
            }
            Self::WarehouseKeeper => &[P::CylinderRead, P::TagManage, P::TraceRead, P::RecordRead],
            Self::Deliverer | Self::HomeSafetyChecker => &[P::TraceRead, P::CheckItemRead],
            Self::Repairer => &[P::CylinderRead, P::TraceRead, P::ComplaintRead, P::ComplaintAnswer],
            Self::InspectionAgency => &[
                P::CylinderRead,
                P::TraceRead,
                P::RecordRead,
                P::CheckItemRead,
                P::RuleRead,
                P::Export,
                P::CreditRead,
                P::CreditAppeal,
                P::PaperSign,
                P::PaperRead,
            ],
            Self::SystemAdmin => &[P::AccountRead, P::AccountManage, P::OrgManage, P::PlatformEdit],
            Self::SecurityAdmin => &[P::AccountRead, P::AccountUnlock, P::RoleGrant, P::PolicyEdit],
            Self::Auditor => &[P::AuditRead, P::Export, P::Upload],
        }
    }

    /// Whether it is one of the three administrators, of whom a second factor is demanded.
    #[must_use]
    pub const fn is_administrator(self) -> bool {
        matches!(self, Self::SystemAdmin | Self::SecurityAdmin | Self::Auditor)
    }

    /// Whether the role can be held over this part of the record: staff of enterprises see their own.
    #[must_use]
    pub const fn fits(self, scope: Scope) -> bool {
        match self {
            Self::CityRegulator | Self::SystemAdmin | Self::SecurityAdmin | Self::Auditor => {
                matches!(scope, Scope::City)
            }
            Self::DistrictRegulator => matches!(scope, Scope::District(_)),
            Self::DutyOfficer
            | Self::WallPrincipal
            | Self::WallHandler
            | Self::WallSupport
            | Self::PublicityEditor
            | Self::PublicityReviewer
            | Self::ComplaintOfficer => !matches!(scope, Scope::Org(_)),
            Self::EnterpriseAdmin
            | Self::Filler
            | Self::Checker
            | Self::WarehouseKeeper
            | Self::Deliverer
            | Self::HomeSafetyChecker
            | Self::Repairer
            | Self::InspectionAgency => matches!(scope, Scope::Org(_)),
        }
    }

    /// Whether one account may hold these roles over this scope. No roles are allowed: such an account may do nothing.
    ///
    /// # Errors
    /// [`RoleError`].
    pub fn check(roles: &[Self], scope: Scope) -> Result<(), RoleError> {
        if roles.iter().any(|r| r.is_administrator()) && roles.iter().any(|r| *r != roles[0]) {
            return Err(RoleError::Alone);
        }
        roles.iter().find(|r| !r.fits(scope)).map_or(Ok(()), |r| Err(RoleError::Scope(*r)))
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Permission>", into = "Vec<Permission>")]
pub struct Permissions(u64);

impl Permissions {
    /// None.
    pub const NONE: Self = Self(0);
    /// What a paired display may do.
    pub const DISPLAY: Self =
        Self::NONE.with(Permission::WallView).with(Permission::WallControl).with(Permission::TraceRead);

    /// The set with one more.
    #[must_use]
    pub const fn with(self, p: Permission) -> Self {
        Self(self.0 | 1 << p as u64)
    }

    /// What is left of the set within a scope: a display shows the whole city, so that only who sees all of it pairs one.
    #[must_use]
    pub fn within(self, scope: Scope) -> Self {
        let bit = 1 << Permission::DisplayPair as u64;
        if scope == Scope::City { self } else { Self(self.0 & !bit) }
    }

    /// Whether it holds one.
    #[must_use]
    pub const fn has(self, p: Permission) -> bool {
        self.0 & (1 << p as u64) != 0
    }

    /// What an account with these roles may do.
    #[must_use]
    pub fn of(roles: &[Role]) -> Self {
        roles.iter().flat_map(|r| r.permissions()).fold(Self::NONE, |s, p| s.with(*p))
    }

    /// All that it holds, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |p| self.has(*p))
    }
}

impl From<Vec<Permission>> for Permissions {
    fn from(all: Vec<Permission>) -> Self {
        all.into_iter().fold(Self::NONE, Self::with)
    }
}

impl From<Permissions> for Vec<Permission> {
    fn from(p: Permissions) -> Self {
        p.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_read_back() {
        let codes: BTreeSet<&str> = Permission::ALL.iter().map(|p| p.code()).collect();
        assert_eq!(codes.len(), Permission::ALL.len());
        assert!(Permission::ALL.len() <= 64);
        for p in Permission::ALL {
            assert_eq!(Permission::from_code(p.code()), Some(*p));
            assert_eq!(serde_json::to_value(p).unwrap(), p.code());
        }
        let codes: BTreeSet<&str> = Role::ALL.iter().map(|r| r.code()).collect();
        assert_eq!((codes.len(), Role::from_code("root")), (Role::ALL.len(), None));
    }

    #[test]
    fn the_three_administrators_share_nothing_and_see_no_data() {
        use Permission as P;
        let [system, security, auditor] =
            [Role::SystemAdmin, Role::SecurityAdmin, Role::Auditor].map(|r| Permissions::of(&[r]));
        assert_eq!(auditor, Permissions::NONE.with(P::AuditRead).with(P::Export).with(P::Upload));
        let own: Vec<P> = system.iter().filter(|p| security.has(*p) || auditor.has(*p)).collect();
        assert_eq!(own, [P::AccountRead], "who an account is, both must know");
        for (set, none) in [
            (system, [P::AuditRead, P::RoleGrant, P::PolicyEdit, P::AccountUnlock]),
            (security, [P::AuditRead, P::AccountManage, P::PlatformEdit, P::DisplayPair]),
        ] {
            assert!(none.iter().all(|p| !set.has(*p)));
        }
        let data = Permissions::of(&[Role::CityRegulator]);
        for admin in [system, security, auditor] {
            // A file holds what its owner may read, so that neither exporting nor sending it on opens anything by itself.
            assert!(admin.iter().filter(|p| !matches!(p, P::Export | P::Upload)).all(|p| !data.has(p)));
        }
        let admins: Vec<&Role> = Role::ALL.iter().filter(|r| r.is_administrator()).collect();
        for r in Role::ALL.iter().filter(|r| !r.is_administrator()) {
            for p in [P::AccountRead, P::AccountManage, P::RoleGrant, P::PolicyEdit, P::PlatformEdit, P::AuditRead] {
                assert!(!Permissions::of(&[*r]).has(p), "{r:?} {p:?}");
            }
            for a in &admins {
                assert_eq!(Role::check(&[*r, **a], Scope::City), Err(RoleError::Alone));
            }
        }
        for a in &admins {
            for b in &admins {
                let expected = if a == b { Ok(()) } else { Err(RoleError::Alone) };
                assert_eq!(Role::check(&[**a, **b], Scope::City), expected);
            }
            for s in [Scope::District(410_105), Scope::Org(1)] {
                assert_eq!(Role::check(&[**a], s), Err(RoleError::Scope(**a)));
            }
        }
    }

    #[test]
    fn a_role_is_held_over_the_scope_it_fits() {
        use Role as R;
        let (city, district, org) = (Scope::City, Scope::District(410_105), Scope::Org(1));
        for (roles, scope, expected) in [
            (&[][..], city, Ok(())),
            (&[R::CityRegulator, R::DutyOfficer], city, Ok(())),
            (&[R::CityRegulator], district, Err(RoleError::Scope(R::CityRegulator))),
            (&[R::DistrictRegulator], district, Ok(())),
            (&[R::DistrictRegulator], city, Err(RoleError::Scope(R::DistrictRegulator))),
            (&[R::Filler, R::Checker], org, Ok(())),
            (&[R::Filler], city, Err(RoleError::Scope(R::Filler))),
            (&[R::DutyOfficer], org, Err(RoleError::Scope(R::DutyOfficer))),
        ] {
            assert_eq!(Role::check(roles, scope), expected, "{roles:?} {scope}");
        }
        for r in R::ALL {
            assert!([city, district, org].iter().any(|s| r.fits(*s)), "{r:?} can be held over nothing");
        }
    }

    #[test]
    fn a_district_pairs_no_display_that_shows_the_city() {
        let may = Permissions::of(&[Role::DutyOfficer]);
        assert!(may.has(Permission::DisplayPair) && may.within(Scope::City) == may);
        for scope in [Scope::District(410_105), Scope::Org(1)] {
            let less = may.within(scope);
            assert!(!less.has(Permission::DisplayPair) && less.with(Permission::DisplayPair) == may);
        }
    }

    #[test]
    fn a_set_holds_what_was_put_in_and_is_written_as_codes() {
        let p = Permissions::DISPLAY;
        let held: Vec<Permission> = p.iter().collect();
        assert_eq!(held, [Permission::WallView, Permission::WallControl, Permission::TraceRead]);
        let text = serde_json::to_string(&p).unwrap();
        assert_eq!(text, "[\"wall.view\",\"wall.control\",\"trace.read\"]");
        assert_eq!(serde_json::from_str::<Permissions>(&text).unwrap(), p);
        for r in Role::ALL {
            assert_eq!(Permissions::of(&[*r]).iter().count(), r.permissions().len(), "{r:?} names one twice");
        }
        let granted = Permissions::of(Role::ALL);
        assert_eq!(granted.iter().count(), Permission::ALL.len(), "each permission is granted to somebody");
    }
}
