//! Parser of nginx configurations by nginx's own rules (`ngx_conf_file.c`).
//!
//! A broken configuration is a value, not an error. Anything that is not understood for certain is `None`, and no
//! conclusion follows from it.

mod effective;
mod includes;
mod limit;
mod location;
mod route;
#[cfg(test)]
pub(crate) mod sample;
mod syntax;
mod tokens;
mod upstream;

pub use effective::{Directive, Effective};
pub use includes::MIME_TYPES;
pub use limit::Limit;
pub(crate) use route::HOST;
pub use route::{Pass, Route};
pub(crate) use syntax::missing_semicolon;
pub use syntax::{Fragment, SyntaxError, Trouble, parse};
pub use tokens::Word;
pub use upstream::{Method, Server, Upstream};
