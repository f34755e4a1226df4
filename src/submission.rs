//! A folder, read as a suspicious reader would.
