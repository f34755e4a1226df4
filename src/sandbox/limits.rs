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

/// What a container may write to its own layer and its volumes together, in bytes: nginx and Flask write nothing, a
/// database begins with some 200 MB.
pub const DISK_BYTES: u64 = 256 << 20;

/// One file that a container writes, in bytes: the kernel holds it, so that watching has its time.
pub const FILE_BYTES: i64 = 128 << 20;

/// Files that a container adds to those of its image.
pub const FILES: u64 = 100_000;

/// One look at what a container has written.
pub const LOOK: Duration = Duration::from_secs(30);

/// A file of a container's log on the engine's disk, as the engine writes sizes.
pub const LOG_SIZE: &str = "4m";

/// Such files of a container: the engine begins a new one when one is full, and with a single file the log would begin
/// empty in the middle of a measurement.
pub const LOG_FILES: &str = "2";

/// Memory of one step of the classic builder, in bytes; BuildKit takes no such limit.
pub const BUILD_MEMORY: i32 = 1 << 30;

/// Processor time of one step of the classic builder, in microseconds of each tenth of a second: two processors.
pub const BUILD_CPU: (i32, i32) = (200_000, 100_000);

/// Processes and threads of one step of the classic builder: package managers and compilers keep to a few dozen.
pub const BUILD_PIDS: i64 = 512;

/// What all images of a run may take, in bytes, what is downloaded and what builds write: many times an interpreter with a
/// compiler. One file of a step of the classic builder, too: the kernel holds that.
pub const BUILD_BYTES: u64 = 4 << 30;

/// What one build may print, in bytes.
pub const BUILD_OUTPUT_BYTES: usize = 32 << 20;

/// What all builds of a run may send and receive, in bytes: as much as they may write.
pub const RELAY_BYTES: u64 = BUILD_BYTES;

/// Connections that the builds of a run have open at a time: package managers keep to a dozen each.
pub const RELAY_CONNECTIONS: usize = 64;

/// The head of a request of a build, and of the response, in bytes.
pub const RELAY_HEAD_BYTES: usize = 64 << 10;

/// From a build's connection, or the end of its last request, to the end of the next head.
pub const RELAY_HEAD: Duration = Duration::from_secs(30);

/// Finding a host's address for a build, and connecting to it, each.
pub const RELAY_CONNECT: Duration = Duration::from_secs(10);

/// Before the next connection is taken when one could not be.
pub const RELAY_PAUSE: Duration = Duration::from_millis(100);

/// How long an ended build may still write: shorter than [`REMOVAL`], which waits for it.
pub const BUILD_END: Duration = Duration::from_secs(45);

/// Images from elsewhere that are noted of a submission.
pub const BASE_IMAGES: usize = 50;

/// A build context, in bytes; also all that a run copies into its stack's containers together.
pub const CONTEXT_BYTES: u64 = 512 << 20;

/// Files and folders of a build context; likewise.
pub const CONTEXT_ENTRIES: u64 = 100_000;

/// Folders inside each other in a build context.
pub const CONTEXT_DEPTH: usize = 64;

/// What is read of a container's configuration, as an archive, in bytes: nginx's own is a thirtieth of it.
pub const DOWNLOAD_BYTES: usize = 1 << 20;

/// Files and links of a container's configuration.
pub const DOWNLOAD_FILES: usize = 200;

/// Reading a container's configuration.
pub const DOWNLOAD: Duration = Duration::from_secs(10);

/// Log lines kept as evidence.
pub const LOG_LINES: usize = 20;

/// Characters kept of a log line.
pub const LOG_LINE_CHARACTERS: usize = 400;

/// Bytes read of one log.
pub const LOG_BYTES: usize = 8 << 20;

/// One reading of one log, from the first byte to the last.
pub const LOG_READING: Duration = Duration::from_secs(5);

/// The engine's answer to a call that asks for nothing.
pub const PING: Duration = Duration::from_secs(10);

/// How long the engine may leave such calls unanswered at the start of a run, and while it or its removal goes on.
pub const SILENCE: Duration = Duration::from_secs(20);

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

/// The same where `--egress` lets containers out: one may install what it needs when it starts.
pub const READY_WITH_EGRESS: Duration = Duration::from_secs(120);

/// The same while its programs still compute, as on a machine that is busy otherwise.
pub const READY_AT_WORK: Duration = Duration::from_secs(120);

/// From a container's start until its health check passes, or it ends, when another waits for that.
pub const DEPENDENCY: Duration = Duration::from_secs(60);

/// Phase: finding the engine and what it can do.
pub const OPENING: Duration = Duration::from_secs(120);

/// Phase: every image pulled or built, and the networks made: a pull and a build, and what is between.
pub const BUILDING: Duration = Duration::from_secs(1020);

/// Phase: the stack with two replicas created and started, wave after wave, until it listens.
pub const STARTING: Duration = Duration::from_secs(300);

/// Phase: requests to two replicas, and who answered them.
pub const REQUESTS: Duration = Duration::from_secs(480);

/// Phase: the same with five.
pub const SCALING: Duration = Duration::from_secs(480);

/// Phase: requests while a replica is held; what has not shown by then is left open.
pub const HOLDING: Duration = Duration::from_secs(30);

/// All phases of a run, from the first call of the engine to the last reply.
pub const RUN: Duration = Duration::from_secs(
    OPENING.as_secs()
        + BUILDING.as_secs()
        + STARTING.as_secs()
        + REQUESTS.as_secs()
        + SCALING.as_secs()
        + HOLDING.as_secs(),
);

/// Everything removed.
pub const REMOVAL: Duration = Duration::from_secs(60);

/// Containers of a stack, with all that the measurement asks for: the exercise has seven.
pub const CONTAINERS: u32 = 20;

/// Networks of a stack: an engine has addresses for some thirty, and others need theirs.
pub const NETWORKS: usize = 8;

/// What killed runs have left removed, after a run's own things are.
pub const SWEEP: Duration = Duration::from_secs(10);

/// How old an image of the builds' cache becomes when nothing younger is made from it.
pub const CACHE_AGE: Duration = Duration::from_secs(7 * 86400);

/// The builds' cache of all runs together, in bytes, without the base images.
pub const CACHE_BYTES: u64 = 8 << 30;

/// Images of the cache that one run takes away, at most: several times what one run adds.
pub const CACHE_REMOVALS: usize = 100;

/// What one run spends on bounding the cache, beside its own removal.
pub const CACHE: Duration = Duration::from_secs(10);
