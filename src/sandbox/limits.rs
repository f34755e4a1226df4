//! What a stranger's stack may use, and how long each phase may take.

use std::time::Duration;

/// Memory of a container, in bytes, without swap: eight times what Flask or nginx needs.
pub const MEMORY: i64 = 256 << 20;

/// Processors of a container, in billionths.
pub const NANO_CPUS: i64 = 1_000_000_000;

/// Processes and threads of a container: twice what nginx starts on a machine of 64 cores.
pub const PIDS: i64 = 128;

/// Open files of a process.
pub const OPEN_FILES: i64 = 4096;

/// `/dev/shm` of a container, in bytes.
pub const SHARED_MEMORY: i64 = 16 << 20;

/// A container's log on the engine's disk, as the engine writes sizes.
pub const LOG_SIZE: &str = "4m";

/// Memory of one step of the classic builder, in bytes; BuildKit takes no such limit.
pub const BUILD_MEMORY: i32 = 1 << 30;

/// A build context, in bytes.
pub const CONTEXT_BYTES: u64 = 512 << 20;

/// Files and folders of a build context.
pub const CONTEXT_ENTRIES: u64 = 100_000;

/// Folders inside each other in a build context.
pub const CONTEXT_DEPTH: usize = 64;

/// Log lines kept as evidence.
pub const LOG_LINES: usize = 20;

/// Characters kept of a log line.
pub const LOG_LINE_CHARACTERS: usize = 400;

/// Bytes read of one log.
pub const LOG_BYTES: usize = 8 << 20;

/// The engine's answer to one call.
pub const ENGINE_ANSWER: Duration = Duration::from_secs(60);

/// Looking for an image in a registry and fetching it.
pub const PULL: Duration = Duration::from_secs(300);

/// One image's build, from the context to the last step.
pub const BUILD: Duration = Duration::from_secs(600);

/// How long a build that is ended may have been silent and still count as slow rather than stuck.
pub const BUILD_SILENCE: Duration = Duration::from_secs(60);

/// From a container's start until it listens.
pub const READY: Duration = Duration::from_secs(30);

/// From a container's start until its health check passes, or it ends, when another waits for that.
pub const DEPENDENCY: Duration = Duration::from_secs(60);

/// A run, from the first call of the engine to the last reply; every phase has its own, shorter deadline.
pub const RUN: Duration = Duration::from_secs(2400);

/// Everything removed.
pub const REMOVAL: Duration = Duration::from_secs(60);

/// Containers of one service, other than those that the measurement asks for.
pub const REPLICAS: u32 = 4;
