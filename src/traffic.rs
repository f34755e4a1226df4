//! Requests: the time at which they may be sent, their connections, and the replicas that answered them.

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

/// Path of the API in the exercise.
pub const API_PATH: &str = "/api/hello";

/// `Host` header of the requests: the name that a student types into a browser.
const HOST: &str = "localhost";

/// Deadline of one request, from its connection to the last byte of its reply.
const REPLY: Duration = Duration::from_secs(10);

/// Maximum size of a reply's body, in bytes.
const BODY_BYTES: usize = 64 << 10;

/// Number of characters kept of a reply's body.
const BODY_CHARACTERS: usize = 500;

/// Returns the beginning of a body as text.
fn shown_body(body: &[u8]) -> String {
    String::from_utf8_lossy(body)
        .chars()
        .take(BODY_CHARACTERS)
        .collect()
}
