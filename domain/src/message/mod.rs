//! Messages from one to many (系统消息/发件箱, S0-52): to whom, by which channel, and how each recipient's stands.

mod form;
pub mod push;
mod quiet;
mod template;

pub use form::{BODY_MAX, COMPOSE_FIELDS, Composed, TEMPLATE_FIELDS, TITLE_MAX, prose, read, read_template};
pub use quiet::{LAST_MINUTE, Quiet, USUAL, USUAL_IDS, rule_rows};
pub use template::{Field, Fields, fill, unknown};

use crate::{
    check::words,
    clock,
    outcome::{Text, codes},
    permission::Role,
    scope::Scope,
};
use serde::{Deserialize, Serialize};

/// Names of the outbox's filters. The first is the search box.
pub const FILTERS: [&str; 4] = ["q", "state", "from", "to"];
/// Names of the filters of the recipients of one message.
pub const RECIPIENT_FILTERS: [&str; 1] = ["standing"];
/// Names of the inbox's filters.
pub const INBOX_FILTERS: [&str; 2] = ["q", "state"];

/// Times that a message is offered to a channel before it is given up.
pub const TRIES: i32 = 6;
/// Longest name of a list or a template, characters.
pub const NAME_MAX: usize = 40;
/// From how many recipients on whoever sends confirms it once more.
pub const MANY: u32 = 100;
/// Recipients that a preview names.
pub const NAMED: u64 = 100;
/// Recipients of one list at most.
pub const LIST_MAX: usize = 20_000;

/// How long to wait after so many tries, ms: half a minute, three times as long each time, an hour at most.
#[must_use]
pub fn delay(tries: i32) -> i64 {
    let times = 3_i64.saturating_pow(u32::try_from(tries.saturating_sub(1)).unwrap_or(0));
    times.saturating_mul(30_000).min(3_600_000)
}

/// How long a channel that is away is waited for, ms, from when a message's recipients were entered: a weekend and the working day that follows, in
/// which whoever looks after it mends it. What says "tomorrow" misleads when it comes later still.
pub const HOLD: i64 = 3 * clock::DAY_MS;

/// How long a channel is left alone, ms, that has been away for so long: half a minute at first, as long again as it has been away already, a
/// quarter of an hour at most.
#[must_use]
pub fn hold(away: i64) -> i64 {
    away.clamp(30_000, 15 * clock::MINUTE_MS)
}

words! {
    /// A way to reach somebody.
    Channel {
        /// 站内消息: the inbox of the account.
        Inbox = "inbox", "站内消息", "Inbox";
        /// 短信
        Sms = "sms", "短信", "Text message";
        /// 电子邮件
        Mail = "mail", "电子邮件", "E-mail";
        /// 浏览器推送: what a browser shows though no page of ours is open.
        Push = "push", "浏览器推送", "Browser push";
    }
}

words! {
    /// Where a message comes from.
    Kind {
        /// Written by somebody.
        Notice = "notice", "通知", "Notice";
        /// Of a document with receipt.
        Paper = "paper", "公文", "Document";
        /// Of what is due.
        Task = "task", "提醒", "Reminder";
    }
}

words! {
    /// How far a message is.
    State {
        /// 待发送: its time has not come.
        Waiting = "waiting", "待发送", "Scheduled";
        /// 分发中: its recipients are being entered.
        Spreading = "spreading", "分发中", "Going out";
        /// 已发出: every recipient is entered.
        Out = "out", "已发出", "Sent";
        /// 已撤回
        Recalled = "recalled", "已撤回", "Recalled";
        /// 已停止: who wrote it may not send it any more.
        Stopped = "stopped", "已停止", "Stopped";
    }
}

impl State {
    /// Whether it can be recalled.
    #[must_use]
    pub const fn may_be_recalled(self) -> bool {
        matches!(self, Self::Waiting | Self::Spreading | Self::Out)
    }
}

words! {
    /// How one sending to one recipient by one channel stands.
    Delivery {
        /// It waits for its first or next try.
        Queued = "queued", "待发送", "Waiting";
        /// A try is under way.
        Sending = "sending", "发送中", "Being sent";
        /// The channel took it.
        Sent = "sent", "已发送", "Sent";
        /// It arrived.
        Delivered = "delivered", "已送达", "Delivered";
        /// It was given up.
        Failed = "failed", "发送失败", "Failed";
        /// The server stopped in the middle, and the channel cannot tell whether it has it: it is not sent a second time by itself.
        Doubt = "doubt", "不确定", "In doubt";
        /// 已撤回, before it was sent.
        Recalled = "recalled", "已撤回", "Recalled";
    }
}

impl Delivery {
    /// Whether something will still become of it by itself.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Sending)
    }
}

words! {
    /// How a message stands with one recipient, over all channels: the furthest it came.
    Standing {
        /// 待发送
        Queued = "queued", "待发送", "Waiting";
        /// 发送失败
        Failed = "failed", "发送失败", "Failed";
        /// 已发送
        Sent = "sent", "已发送", "Sent";
        /// 已送达
        Delivered = "delivered", "已送达", "Delivered";
        /// 已读
        Read = "read", "已读", "Read";
    }
}

impl Standing {
    /// Of a recipient, from when it arrived and was read, and from its sendings.
    #[must_use]
    pub fn of(read: bool, delivered: bool, sendings: &[Delivery]) -> Self {
        let any = |d: Delivery| sendings.contains(&d);
        if read {
            Self::Read
        } else if delivered || any(Delivery::Delivered) {
            Self::Delivered
        } else if any(Delivery::Sent) {
            Self::Sent
        } else if sendings.iter().any(|d| d.is_open()) {
            Self::Queued
        } else {
            Self::Failed
        }
    }
}

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

codes! {
    /// Why a try came to nothing.
    Why: Text {
        /// Nobody knows his number or address.
        NoAddress = "no_address" => t("未登记联系方式", "No number or address on file");
        /// None of his browsers shows messages.
        NoBrowser = "no_browser" => t("没有开启推送的浏览器", "No browser shows messages to him");
        /// The service of the browser is not one of those that may be spoken to.
        NotPermitted = "not_permitted" => t("推送服务不在允许名单中", "The push service is not permitted");
        /// The number or address is none.
        BadAddress = "bad_address" => t("号码或地址无效", "The number or address is not valid");
        /// Too many at once.
        RateLimit = "rate_limit" => t("通道限流,稍后重试", "Too many at once: tried again later");
        /// No answer in time.
        Late = "late" => t("通道未在限时内应答", "The channel did not answer in time");
        /// No connection.
        Unreachable = "unreachable" => t("无法连接通道", "The channel was not reached");
        /// It refuses the message.
        Refused = "refused" => t("通道拒绝发送", "The channel refuses it");
        /// The channel is not set up, or its secret cannot be opened.
        NotSet = "not_set" => t("通道未设置", "The channel is not set up");
        /// The server stopped in the middle of it.
        Broken = "broken" => t("发送中服务器中断,是否送达无法确认", "The server stopped in the middle: whether it arrived is not known");
        /// The account was disabled meanwhile.
        Gone = "gone" => t("账号已停用", "The account was disabled");
        /// The network did not bring it there: switched off, out of service, or nobody's number.
        Undelivered = "undelivered" => t("未能送达(关机、停机或空号)", "It did not arrive: switched off, out of service, or nobody's number");
        /// The network gave up waiting for the telephone.
        Expired = "expired" => t("超过有效期仍未送达", "It did not arrive within the time that the network keeps it");
        /// The network does not carry it.
        Rejected = "rejected" => t("运营商拒绝投递", "The network refuses to deliver it");
    }
}

impl Why {
    /// Whether the channel itself is away: nothing is wrong with who was to be reached, and none of the tries is used up by it.
    #[must_use]
    pub const fn is_away(self) -> bool {
        matches!(self, Self::Unreachable | Self::NotSet)
    }
}

/// Which accounts, before they are narrowed by role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// Everybody within the sender's scope.
    All,
    /// The people of organisations.
    Orgs(Vec<i64>),
    /// The regulators of districts, and the people of organisations seated there.
    Districts(Vec<i32>),
    /// Those of a saved list.
    List(i64),
    /// These accounts.
    Accounts(Vec<i64>),
    /// The people of organisations that hold cylinders past their due date.
    Overdue,
}

/// To whom a message goes. Nobody outside the sender's scope is ever reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// Which accounts.
    pub whom: Whom,
    /// Of these only who holds one of the roles; all when empty.
    pub roles: Vec<Role>,
}

/// How many an audience reaches now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// Accounts.
    pub people: u32,
    /// Organisations that are meant and have no account to be reached by: their names, the first twenty.
    pub silent: Vec<String>,
    /// Accounts without a telephone number.
    pub without_phone: u32,
    /// Accounts without an e-mail address.
    pub without_mail: u32,
    /// Accounts none of whose browsers takes pushes.
    pub without_push: u32,
}

/// Recipients of a message by how it stands with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// All.
    pub people: i64,
    /// It arrived, or was read.
    pub delivered: i64,
    /// It was read.
    pub read: i64,
    /// Sendings that wait.
    pub open: i64,
    /// Of these, those whose channel is away.
    pub held: i64,
    /// Sendings that failed, or are in doubt.
    pub failed: i64,
}

/// A message in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Number.
    pub id: i64,
    /// Where it comes from.
    pub kind: Kind,
    /// Title.
    pub title: String,
    /// Text, with its fields as they were written.
    pub body: String,
    /// Channels.
    pub channels: Vec<Channel>,
    /// To whom.
    pub audience: Audience,
    /// Whether it goes out in quiet hours.
    pub urgent: bool,
    /// Of whose part of the city.
    pub scope: Scope,
    /// Who wrote it; empty for the system.
    pub by: String,
    /// How far it is.
    pub state: State,
    /// When it goes out, ms.
    pub send_at: i64,
    /// When it was written, ms.
    pub made_at: i64,
    /// Times that it was sent: resending counts on.
    pub round: i32,
    /// Recipients by how it stands with them.
    pub tally: Tally,
}

/// A sending to a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// Channel.
    pub channel: Channel,
    /// Which time.
    pub round: i32,
    /// How it stands.
    pub state: Delivery,
    /// Tries so far.
    pub tries: i32,
    /// When it is tried next, ms.
    pub next_at: Option<i64>,
    /// When it ended, ms.
    pub ended_at: Option<i64>,
    /// Why the last try came to nothing.
    pub why: Option<Why>,
}

/// A recipient of a message. Neither number nor address is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// Account.
    pub account: i64,
    /// Name of the person.
    pub name: String,
    /// Organisation or district; empty for the city's.
    pub place: String,
    /// How it stands with him.
    pub standing: Standing,
    /// When he read it, ms.
    pub read_at: Option<i64>,
    /// Sendings.
    pub sendings: Vec<Sending>,
}

/// A message in somebody's inbox, its fields filled in for him.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Number of the message.
    pub id: i64,
    /// Where it comes from.
    pub kind: Kind,
    /// Title.
    pub title: String,
    /// Text.
    pub body: String,
    /// Who sent it; empty for the system.
    pub by: String,
    /// Whether it is urgent.
    pub urgent: bool,
    /// When it came, ms.
    pub at: i64,
    /// When it was read, ms.
    pub read_at: Option<i64>,
    /// Whether it was taken back: then neither title nor text is shown.
    pub recalled: bool,
    /// The page of what it is about; empty where it is about nothing with a page.
    pub page: String,
}

/// Whom a message would reach, and how the first of them would read it: what its writer sees before it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// How many.
    pub reach: Reach,
    /// The first of them: name, and organisation or district.
    pub first: Vec<(String, String)>,
    /// Title, filled in for the first.
    pub title: String,
    /// Text, filled in for the first.
    pub body: String,
}

/// A template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Number.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Title.
    pub title: String,
    /// Text.
    pub body: String,
}

/// A saved list of recipients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientList {
    /// Number.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Accounts on it.
    pub members: u32,
}

/// How somebody is reached, as he himself sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Mobile number; empty for none.
    pub phone: String,
    /// E-mail address; empty for none.
    pub mail: String,
    /// When he is not to be disturbed; `None` where he chose no hours of his own: as is usual.
    pub quiet: Option<Quiet>,
    /// Whether he wants what is open once a day.
    pub digest: bool,
}

impl Default for Contact {
    /// Whoever said nothing has no number, quiet hours as is usual, and a digest.
    fn default() -> Self {
        Self { phone: String::new(), mail: String::new(), quiet: None, digest: true }
    }
}

impl Contact {
    /// As it is shown to its owner: enough to know it again, not enough to be read over his shoulder.
    #[must_use]
    pub fn masked(&self) -> (String, String) {
        let phone = self.phone.parse::<crate::codes::Phone>().map(|p| p.masked()).unwrap_or_default();
        let mail = self.mail.rsplit_once('@').map(|(name, host)| {
            let first: String = name.chars().take(1).collect();
            format!("{first}***@{host}")
        });
        (phone, mail.unwrap_or_default())
    }

    /// The same as it is taken: the number in its one form, the address checked.
    ///
    /// # Errors
    /// The field that cannot be taken: `phone` or `mail`.
    pub fn checked(mut self) -> Result<Self, &'static str> {
        let phone = self.phone.trim();
        if !phone.is_empty() {
            let read: crate::codes::Phone = phone.parse().map_err(|_| "phone")?;
            // Nothing else takes text messages.
            if read.kind() != crate::codes::PhoneKind::Mobile {
                return Err("phone");
            }
            self.phone = read.as_str().to_owned();
        } else {
            self.phone.clear();
        }
        self.mail = self.mail.trim().to_owned();
        if !self.mail.is_empty() && !mail_ok(&self.mail) {
            return Err("mail");
        }
        Ok(self)
    }
}

/// Whether a text is an e-mail address that every mail server reads alike: no quotes, no comments, no lists.
#[must_use]
pub fn mail_ok(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    let name_ok = (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b))
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..");
    name_ok && host.len() <= 200 && host.contains('.') && host_ok(host)
}

/// Whether a text is the name of a host, or its address.
#[must_use]
pub fn host_ok(host: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    host.len() <= 253 && (host.parse::<std::net::IpAddr>().is_ok() || host.split('.').all(label))
}

words! {
    /// How the way to the mail server is kept secret.
    Tls {
        /// TLS from the first byte.
        Whole = "tls", "TLS", "TLS";
        /// STARTTLS, demanded.
        Start = "starttls", "STARTTLS", "STARTTLS";
        /// None: this machine only, where a gateway may stand.
        Plain = "plain", "不加密(仅限本机)", "none (this machine only)";
    }
}

/// The mail server that e-mails are given to, as it is shown. Its password is never told again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailServer {
    /// Host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the way is kept secret.
    pub tls: Tls,
    /// What it is signed in with; empty for a server that asks for nothing.
    pub user: String,
    /// Address that e-mails come from.
    pub from: String,
}

impl MailServer {
    /// The first field that cannot be taken, if any.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        if !host_ok(&self.host) {
            return Some("host");
        }
        if self.port == 0 {
            return Some("port");
        }
        let here = self.host.parse::<std::net::IpAddr>().map_or(self.host == "localhost", |ip| ip.is_loopback());
        if self.tls == Tls::Plain && !here {
            return Some("tls");
        }
        if self.user.len() > 200 || self.user.chars().any(char::is_control) {
            return Some("user");
        }
        (!mail_ok(&self.from)).then_some("from")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_furthest_counts() {
        use Delivery as D;
        for (read, delivered, sendings, want) in [
            (true, false, &[D::Failed][..], Standing::Read),
            (false, true, &[D::Queued], Standing::Delivered),
            (false, false, &[D::Failed, D::Delivered], Standing::Delivered),
            (false, false, &[D::Sent, D::Failed], Standing::Sent),
            (false, false, &[D::Failed, D::Sending], Standing::Queued),
            (false, false, &[D::Failed, D::Doubt], Standing::Failed),
            (false, false, &[], Standing::Failed),
        ] {
            assert_eq!(Standing::of(read, delivered, sendings), want, "{sendings:?}");
        }
    }

    #[test]
    fn waits_grow_to_an_hour() {
        let waits: Vec<i64> = (1..=TRIES).map(|n| delay(n) / 1_000).collect();
        assert_eq!(waits, [30, 90, 270, 810, 2_430, 3_600]);
        assert_eq!((delay(0), delay(i32::MAX)), (30_000, 3_600_000));
    }

    #[test]
    fn who_is_away_is_asked_less_and_less_often() {
        let waits: Vec<i64> = [-1, 0, 40, 300, 900, i64::MAX / 1_000].iter().map(|s| hold(s * 1_000) / 1_000).collect();
        assert_eq!(waits, [30, 30, 40, 300, 900, 900]);
        let away: Vec<&Why> = Why::ALL.iter().filter(|w| w.is_away()).collect();
        assert_eq!(away, [&Why::Unreachable, &Why::NotSet]);
    }

    #[test]
    fn a_contact_is_a_mobile_number_and_a_plain_address() {
        let of = |phone: &str, mail: &str| {
            Contact { phone: phone.into(), mail: mail.into(), ..Contact::default() }.checked()
        };
        assert_eq!(
            of("138 0000 1111", " a.b@example.com ").map(|c| (c.phone, c.mail)),
            Ok(("13800001111".into(), "a.b@example.com".into()))
        );
        assert!(of("", "").is_ok());
        for phone in ["0371-66668888", "12345", "x", "1380000111", "13800001111,13900001111"] {
            assert_eq!(of(phone, ""), Err("phone"), "{phone}");
        }
        for mail in [
            "a",
            "@b.cn",
            "a@",
            "a@b",
            "a b@c.cn",
            "a@c.cn,d@e.cn",
            "<a@c.cn>",
            "a@c.cn\r\nBcc: d@e.cn",
            "\"a\"@c.cn",
            "a..b@c.cn",
            "a@-c.cn",
            "瓶@c.cn",
        ] {
            assert_eq!(of("", mail), Err("mail"), "{mail:?}");
        }
    }

    #[test]
    fn a_contact_is_shown_masked() {
        let c = Contact { phone: "13800001111".into(), mail: "zhang@example.com".into(), ..Contact::default() };
        assert_eq!(c.masked(), ("138****1111".into(), "z***@example.com".into()));
        assert_eq!(Contact::default().masked(), (String::new(), String::new()));
    }

    #[test]
    fn a_mail_server_without_tls_stands_on_this_machine() {
        let good = MailServer {
            host: "smtp.example.cn".into(),
            port: 465,
            tls: Tls::Whole,
            user: "u".into(),
            from: "pingji@example.cn".into(),
        };
        assert_eq!(good.fault(), None);
        let plain = |host: &str| MailServer { host: host.into(), tls: Tls::Plain, ..good.clone() }.fault();
        assert_eq!((plain("127.0.0.1"), plain("localhost"), plain("::1")), (None, None, None));
        for host in ["10.0.0.1", "smtp.example.cn", "localhost.example.cn", "0.0.0.0"] {
            assert_eq!(plain(host), Some("tls"), "{host}");
        }
        for (host, want) in [("", "host"), ("a b", "host"), ("a/b", "host"), ("-a.cn", "host"), ("a@b.cn", "host")] {
            assert_eq!(MailServer { host: host.into(), ..good.clone() }.fault(), Some(want), "{host}");
        }
        assert_eq!(MailServer { port: 0, ..good.clone() }.fault(), Some("port"));
        assert_eq!(MailServer { from: "x".into(), ..good.clone() }.fault(), Some("from"));
        assert_eq!(MailServer { user: "a\r\nb".into(), ..good }.fault(), Some("user"));
    }

    #[test]
    fn filters_are_no_reserved_words() {
        for f in FILTERS.iter().chain(&RECIPIENT_FILTERS).chain(&INBOX_FILTERS) {
            assert!(!crate::list::RESERVED.contains(f), "{f}");
        }
    }
}
