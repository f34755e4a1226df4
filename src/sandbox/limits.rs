//! Limits of an untrusted stack's resources, and of the duration of each phase.

use std::time::Duration;

/// Memory of a container without swap, in bytes: eight times the need of Flask or nginx.
pub const MEMORY: i64 = 256 << 20;

/// Processors of a container, in billionths.
pub const NANO_CPUS: i64 = 1_000_000_000;

/// Processes and threads of a container: twice the number that nginx starts on a machine of 64 cores.
pub const PIDS: i64 = 128;

/// Open files per process.
pub const OPEN_FILES: i64 = 4096;

/// Size of a container's `/dev/shm`, in bytes.
pub const SHARED_MEMORY: i64 = 16 << 20;

/// Bytes that a container may write to its own layer and its volumes together: nginx and Flask write nothing, a database begins
/// with some 200 MB.
pub const DISK_BYTES: u64 = 256 << 20;

/// Size of one file that a container writes, in bytes. The kernel enforces it, which leaves time for checks of the disk.
pub const FILE_BYTES: i64 = 128 << 20;

/// Number of files that a container adds to those of its image.
pub const FILES: u64 = 100_000;

/// Time for one check of what a container has written.
pub const LOOK: Duration = Duration::from_secs(30);

/// Size of one log file of a container on the engine's disk, in the engine's format.
pub const LOG_SIZE: &str = "4m";

/// Number of log files per container. The engine begins a new file when one is full; with a single file, the log would begin
/// empty in the middle of a measurement.
pub const LOG_FILES: &str = "2";

/// Memory of one step of the classic builder, in bytes; BuildKit has no such limit.
pub const BUILD_MEMORY: i32 = 1 << 30;

/// Processor time of one step of the classic builder, in microseconds per tenth of a second: two processors.
pub const BUILD_CPU: (i32, i32) = (200_000, 100_000);

/// Processes and threads of one step of the classic builder: package managers and compilers need a few dozen.
pub const BUILD_PIDS: i64 = 512;

/// Bytes that all images of a run may take, by downloads and by writes of builds: many times an interpreter with a compiler.
/// Also the size of one file of a step of the classic builder, which the kernel enforces.
pub const BUILD_BYTES: u64 = 4 << 30;

/// Bytes that one build may print.
pub const BUILD_OUTPUT_BYTES: usize = 32 << 20;

/// Bytes that all builds of a run may send and receive: as many as they may write.
pub const RELAY_BYTES: u64 = BUILD_BYTES;

/// Connections that the builds of a run may have open at the same time: package managers need a dozen each.
pub const RELAY_CONNECTIONS: usize = 64;

/// Size of the head of a build's request, and of the response, in bytes.
pub const RELAY_HEAD_BYTES: usize = 64 << 10;

/// Time from a build's connection, or the end of its last request, to the end of the next head.
pub const RELAY_HEAD: Duration = Duration::from_secs(30);

/// Time to resolve a host for a build, and time to connect to it.
pub const RELAY_CONNECT: Duration = Duration::from_secs(10);

/// Pause before the next connection is accepted after a failure to accept one.
pub const RELAY_PAUSE: Duration = Duration::from_millis(100);

/// Time that an ended build may still write: shorter than [`REMOVAL`], which waits for it.
pub const BUILD_END: Duration = Duration::from_secs(45);

/// Number of base images recorded per submission.
pub const BASE_IMAGES: usize = 50;

/// Size of a build context, in bytes; also of everything that a run copies into its stack's containers together.
pub const CONTEXT_BYTES: u64 = 512 << 20;

/// Files and folders of a build context; also of everything that a run copies into its stack's containers together.
pub const CONTEXT_ENTRIES: u64 = 100_000;

/// Depth of nested folders in a build context.
pub const CONTEXT_DEPTH: usize = 64;

/// Size of the archive of a container's configuration, in bytes: nginx's own is a thirtieth of it.
pub const DOWNLOAD_BYTES: usize = 1 << 20;

/// Number of files and links of a container's configuration.
pub const DOWNLOAD_FILES: usize = 200;

/// Time to read a container's configuration.
pub const DOWNLOAD: Duration = Duration::from_secs(10);

/// Number of log lines kept as evidence.
pub const LOG_LINES: usize = 20;

/// Number of characters kept of a log line.
pub const LOG_LINE_CHARACTERS: usize = 400;

/// Bytes read of one log.
pub const LOG_BYTES: usize = 8 << 20;

/// Time to read one log, from the first byte to the last.
pub const LOG_READING: Duration = Duration::from_secs(5);

/// Time for the engine to answer a ping.
pub const PING: Duration = Duration::from_secs(10);

/// Time without an answer after which the engine counts as lost: at the start of a run, during it, and during its removal.
pub const SILENCE: Duration = Duration::from_secs(20);

/// Time for the engine to answer one call.
pub const ENGINE_ANSWER: Duration = Duration::from_secs(60);

/// Time to find an image in a registry and pull it.
pub const PULL: Duration = Duration::from_secs(300);

/// Time to build one image, from the context to the last step.
pub const BUILD: Duration = Duration::from_secs(600);

/// Silence after which a build that is ended counts as stuck instead of slow.
pub const BUILD_SILENCE: Duration = Duration::from_secs(60);

/// Time from a container's start until it listens.
pub const READY: Duration = Duration::from_secs(30);

/// The same as [`READY`], but where `--egress` lets containers out: one may install its dependencies when it starts.
pub const READY_WITH_EGRESS: Duration = Duration::from_secs(120);

/// The same as [`READY`], but while the container's programs still compute, as on a busy machine.
pub const READY_AT_WORK: Duration = Duration::from_secs(120);

/// Time from a container's start until its health check passes or it exits, when another container waits for that.
pub const DEPENDENCY: Duration = Duration::from_secs(60);

/// Phase: connection to the engine and detection of its capabilities.
pub const OPENING: Duration = Duration::from_secs(120);

/// Phase: all images pulled or built, and the networks made: a pull, a build, and the steps between them.
pub const BUILDING: Duration = Duration::from_secs(1020);

/// Phase: the stack with two replicas created and started, wave after wave, until it listens.
pub const STARTING: Duration = Duration::from_secs(300);

/// Phase: requests to two replicas, and identification of the replica that answered each.
pub const REQUESTS: Duration = Duration::from_secs(480);

/// Phase: the same as [`REQUESTS`], but with five replicas.
pub const SCALING: Duration = Duration::from_secs(480);

/// Phase: requests while a replica is paused; a result that is missing by then stays open.
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

/// Time to remove everything.
pub const REMOVAL: Duration = Duration::from_secs(60);

/// Number of containers of a stack, including the replicas that the measurement adds: the exercise has seven.
pub const CONTAINERS: u32 = 20;

/// Number of networks of a stack: an engine has addresses for some thirty, and other programs need theirs.
pub const NETWORKS: usize = 8;

/// Time to remove what killed runs have left, after a run's own resources.
pub const SWEEP: Duration = Duration::from_secs(10);

/// Age of an image of the builds' cache from which it is removed, if no younger image is made from it.
pub const CACHE_AGE: Duration = Duration::from_secs(7 * 86400);

/// Size of the builds' cache of all runs together, in bytes, without the base images.
pub const CACHE_BYTES: u64 = 8 << 30;

/// Number of cached images that one run removes at most: several times the number that one run adds.
pub const CACHE_REMOVALS: usize = 100;

/// Time that one run spends on bounding the cache, in addition to its own removal.
pub const CACHE: Duration = Duration::from_secs(10);
