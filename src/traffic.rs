//! Requests: when they may be sent, how they travel, and who answered.

mod attribution;
mod counted;
mod fresh;
mod held;
mod kept;
mod listening;
mod pace;
mod readiness;
mod volley;

use std::time::Duration;

pub use attribution::{Attribution, others};
pub use fresh::Client;
pub use held::held;
pub use listening::listening;
pub use pace::Pace;
pub use readiness::{Door, Settled, knock, settle};
pub use volley::{fresh_volley, volley, workers};

/// The path that the exercise asks for.
pub const API_PATH: &str = "/api/hello";

/// The host that requests name: what a student types into a browser.
const HOST: &str = "localhost";

/// One request, from its connection to the last byte of its reply.
const REPLY: Duration = Duration::from_secs(10);

/// Bytes read of a reply's body.
const BODY_BYTES: usize = 64 << 10;

/// Characters kept of a reply's body.
const BODY_CHARACTERS: usize = 500;

/// A body as it is kept: text, cut.
fn shown_body(body: &[u8]) -> String {
    String::from_utf8_lossy(body)
        .chars()
        .take(BODY_CHARACTERS)
        .collect()
}
