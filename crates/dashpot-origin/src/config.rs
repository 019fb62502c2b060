//! What an origin is told to do, and why it could not start.

use crate::{drm::DrmError, faults::FaultsError, sessions::CmcdLogError};
use dashpot_base::{ByteSize, Seed};
use dashpot_packager::{Alias, Pathway, PathwayError};
use dashpot_serve::{AccessLogError, BindError, LogTo};
use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

/// What an origin is to serve, and where.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder with one folder for each asset.
    pub media: PathBuf,
    /// A folder of hand-written manifests, served as they are below `/manifests/`.
    pub manifests: Option<PathBuf>,
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The page that plays a manifest, as `{player}?mpd={url}`; without one, the index says how to
    /// play on the command line.
    pub player: Option<String>,
    /// Bytes of media that are kept in memory.
    pub cache_mem: ByteSize,
    /// Where a line for each request goes.
    pub access_log: LogTo,
    /// Which requests go wrong on purpose.
    pub faults: FaultsConfig,
    /// Where the operator changes that: an address of this machine.
    pub admin: Option<SocketAddr>,
    /// What livesim2's names of assets stand for, beside what they stand for by default.
    pub livesim2: Vec<Alias>,
    /// The host of the NTP server that MPDs can name.
    pub ntp: Option<String>,
    /// What becomes of what players tell, and what they are told.
    pub data: DataConfig,
    /// Which pathways players are steered to.
    pub steering: SteeringConfig,
    /// What media is protected with, where a URL asks for that.
    pub drm: DrmConfig,
    /// Whether encoders contribute channels.
    pub contribution: ContributionConfig,
}

/// What media is protected with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrmConfig {
    /// A file from whose content all keys follow; without one they are others at every start.
    pub secret: Option<PathBuf>,
    /// A file of keys of others, as JSON.
    pub keys: Option<PathBuf>,
    /// Where players get licences; without one, from this origin at the address it listens on.
    pub licence_url: Option<String>,
}

impl Config {
    /// Returns what serves a folder of media and nothing else: no log, no operator, no sessions.
    #[must_use]
    pub fn new(media: PathBuf, listen: SocketAddr) -> Self {
        Self {
            media,
            manifests: None,
            listen,
            player: None,
            // A few hundred segments: more than the live edge of a few channels.
            cache_mem: ByteSize::from_mib(256),
            access_log: LogTo::Off,
            faults: FaultsConfig::default(),
            admin: None,
            livesim2: Vec::new(),
            ntp: None,
            data: DataConfig::default(),
            steering: SteeringConfig::default(),
            drm: DrmConfig::default(),
            contribution: ContributionConfig::default(),
        }
    }
}

/// What becomes of what players tell (CMCD, CTA-5004), and what they are told (CMSD, CTA-5006).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataConfig {
    /// Whether sessions are kept and shown at `/sessions`, to everybody.
    pub sessions: bool,
    /// A file that gets a line of JSON for each thing a player told.
    pub cmcd_log: Option<PathBuf>,
    /// Whether answers have `CMSD-Static` and `CMSD-Dynamic`.
    pub cmsd: bool,
}

/// Whether encoders contribute channels, and what these may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContributionConfig {
    /// Whether whoever reaches the server may contribute without a token: on this machine alone.
    pub is_free: bool,
    /// What encoders say to be let in.
    pub token: Option<String>,
    /// How far back segments are kept.
    pub window: Duration,
    /// Bytes of one channel.
    pub bytes_max: ByteSize,
}

impl ContributionConfig {
    /// Says whether anybody may contribute.
    #[must_use]
    pub fn is_open(&self) -> bool {
        // An empty one is a variable that was left empty, and keeps nobody out.
        self.is_free || self.token.as_ref().is_some_and(|token| !token.is_empty())
    }
}

impl Default for ContributionConfig {
    fn default() -> Self {
        // A minute to go back in, and half an hour of a rung of 1 Mbit/s.
        let (window, bytes_max) = (Duration::from_secs(60), ByteSize::from_mib(256));
        Self { is_free: false, token: None, window, bytes_max }
    }
}

/// Which pathways players are steered to (ISO/IEC 23009-1 §K.3.6), and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SteeringConfig {
    /// The places that have everything this origin has, by name.
    pub pathways: Vec<Pathway>,
    /// The URL of this server's root as players reach it; without one, the address it listens on.
    pub server: Option<String>,
    /// After how many seconds players ask again.
    pub ttl_s: u32,
    /// What decides which viewer goes where. Replicas with the same one agree.
    pub seed: Seed,
    /// How the pathways are asked how they are; `None` leaves that to the operator.
    pub poll: Option<PollConfig>,
}

/// How the pathways are asked how they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollConfig {
    /// How often.
    pub every: Duration,
    /// What is asked of each: a reference from the URL of its root.
    pub path: String,
}

impl PollConfig {
    /// Returns how servers of this program are asked, so often.
    #[must_use]
    pub fn new(every: Duration) -> Self {
        Self { every, path: "/health".to_owned() }
    }
}

impl Default for SteeringConfig {
    fn default() -> Self {
        // Moves are seen soon; many times that is what players take without one in HLS.
        Self { pathways: Vec::new(), server: None, ttl_s: 10, seed: Seed(0), poll: None }
    }
}

/// Who may have requests go wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultsConfig {
    /// A file of rules, as JSON.
    pub file: Option<PathBuf>,
    /// Whether URLs may ask for faults, as `fault_…` in their path.
    pub in_urls: bool,
}

impl Default for FaultsConfig {
    fn default() -> Self {
        Self { file: None, in_urls: true }
    }
}

/// Why an origin could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The media folder cannot be opened.
    #[error(
        "cannot open the media folder `{}`, which should hold one folder for each asset",
        path.display()
    )]
    Media {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The media folder cannot be listed.
    #[error("cannot list the media folder `{}`", path.display())]
    List {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is nothing in the media folder that can be served.
    #[error(
        "found no asset in `{}`: put fragmented .mp4 files into a folder of it, or make one with `dashpot ingest`{}",
        path.display(),
        skipped.iter().map(|reason| format!("; {reason}")).collect::<String>()
    )]
    Nothing {
        /// The folder.
        path: PathBuf,
        /// The folders that are there but cannot be served, with the reasons.
        skipped: Vec<String>,
    },
    /// The folder of manifests cannot be read, or one of them is not text.
    #[error("cannot read the manifests in `{}`", path.display())]
    Manifests {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The access log cannot be written.
    #[error(transparent)]
    AccessLog(#[from] AccessLogError),
    /// The rules of what goes wrong cannot be used.
    #[error(transparent)]
    Faults(#[from] FaultsError),
    /// What players tell cannot be written down.
    #[error(transparent)]
    CmcdLog(#[from] CmcdLogError),
    /// The pathways cannot be used.
    #[error("cannot steer by these pathways")]
    Pathways(#[from] PathwayError),
    /// Players cannot be told whom to ask.
    #[error(
        "cannot tell players to ask {addr}: say how they reach this origin, with --steering-url"
    )]
    SteeringUrl {
        /// The address that it listens on.
        addr: SocketAddr,
    },
    /// A pathway cannot be asked how it is.
    #[error(
        "cannot ask pathway `{pathway}` for `{path}`: give the path of a page, such as --steering-poll-path /health"
    )]
    Poll {
        /// The pathway.
        pathway: String,
        /// The reference.
        path: String,
    },
    /// The HTTP client cannot be made, mostly for want of root certificates.
    #[error(
        "cannot make the client that asks pathways; for those with https this machine needs CA certificates"
    )]
    PollClient {
        /// What the client said.
        source: reqwest::Error,
    },
    /// Keys cannot be had.
    #[error(transparent)]
    Drm(#[from] DrmError),
    /// Others could contribute channels without a token.
    #[error("cannot let everybody contribute channels on {addr}: give encoders an --ingest-token")]
    Ingest {
        /// The address that it listens on.
        addr: SocketAddr,
    },
    /// Others could reach the operator's listener.
    #[error("cannot let everybody administer this origin on {addr}: listen on 127.0.0.1")]
    Admin {
        /// The address.
        addr: SocketAddr,
    },
}
