//! E-mail by SMTP. A mail server knows no keys: whether it has a message is told by the journal alone.

use data::{mail::Stored, secret::Master};
use domain::message::{Tls, Why};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::authentication::Credentials,
};
use std::time::Duration;

/// The longest that one answer of the mail server is waited for.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What a try came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The mail server has it.
    Taken,
    /// It does not want it.
    Refused(Why),
    /// It may want it another time.
    Again(Why),
    /// The connection ended in the middle: nobody knows.
    Unsure,
}

/// A way to a mail server.
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    host: String,
}

impl Mail {
    /// To the mail server that is set; or why there is none.
    ///
    /// # Errors
    /// [`Why::NotSet`] where its password cannot be opened, or what is set cannot be spoken to.
    pub fn new(stored: &Stored, master: &Master) -> Result<Self, Why> {
        let s = &stored.server;
        if s.fault().is_some() {
            return Err(Why::NotSet);
        }
        let password = stored.password(master).ok_or(Why::NotSet)?;
        // Another part of the process may have been first; it is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = match s.tls {
            Tls::Whole => AsyncSmtpTransport::<Tokio1Executor>::relay(&s.host).map_err(|_| Why::NotSet)?,
            Tls::Start => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(&s.host).map_err(|_| Why::NotSet)?,
            Tls::Plain => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(s.host.as_str()),
        };
        let mut builder = builder.port(s.port).timeout(Some(PATIENCE));
        if !s.user.is_empty() {
            builder = builder.credentials(Credentials::new(s.user.clone(), password));
        }
        let from: Address = s.from.parse().map_err(|_| Why::NotSet)?;
        let host = from.domain().to_owned();
        Ok(Self { transport: builder.build(), from: Mailbox::new(Some("瓶迹".into()), from), host })
    }

    /// Whether it answers.
    pub async fn answers(&self) -> bool {
        matches!(tokio::time::timeout(PATIENCE, self.transport.test_connection()).await, Ok(Ok(true)))
    }

    /// Gives it a message under its key. Its id follows from the key: whatever keeps mail by its id keeps one.
    pub async fn send(&self, (key, to): (&str, &str), title: &str, body: &str) -> Tried {
        let Ok(to) = to.parse::<Address>() else { return Tried::Refused(Why::BadAddress) };
        let made = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(title)
            .message_id(Some(format!("<{key}@{}>", self.host)))
            .header(ContentType::TEXT_PLAIN)
            .body(body.to_owned());
        let Ok(message) = made else { return Tried::Refused(Why::Refused) };
        // As long as each of its answers may take.
        match tokio::time::timeout(PATIENCE * 4, self.transport.send(message)).await {
            Ok(Ok(_)) => Tried::Taken,
            Ok(Err(e)) if e.is_permanent() => {
                let address = e.status().is_some_and(|s| matches!(s.to_string().as_str(), "550" | "551" | "553"));
                Tried::Refused(if address { Why::BadAddress } else { Why::Refused })
            }
            Ok(Err(e)) if e.is_transient() => Tried::Again(Why::RateLimit),
            Ok(Err(_)) | Err(_) => Tried::Unsure,
        }
    }
}
