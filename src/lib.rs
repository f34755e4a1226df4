//! softy-check
