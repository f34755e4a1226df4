//! libFuzzer on [`softy_check_fuzz::interpolation`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| softy_check_fuzz::interpolation(input));
