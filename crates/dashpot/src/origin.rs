//! `dashpot origin`: a folder of media as MPEG-DASH.

mod contribution;

use crate::{ExitStatus, cli, signal};
use dashpot_base::{ByteSize, Seed, parse_duration};
use dashpot_origin::{
    Alias, Config, DataConfig, DrmConfig, FaultsConfig, Pathway, PollConfig, SteeringConfig,
    server_url,
};
use dashpot_serve::{LogTo, Shutdown};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// What may be typed after `dashpot origin`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Folder that holds one folder of CMAF tracks for each asset (`dashpot ingest` makes them)
    #[arg(long, value_name = "DIR", env = "DASHPOT_ORIGIN_MEDIA")]
    media: PathBuf,
    /// Folder of hand-written MPDs, served as they are below /manifests/
    #[arg(long, value_name = "DIR", env = "DASHPOT_ORIGIN_MANIFESTS")]
    manifests: Option<PathBuf>,
    /// Address to listen on; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:9000",
        env = "DASHPOT_ORIGIN_LISTEN"
    )]
    listen: SocketAddr,
    /// Page that the index page's play buttons open, as PAGE?mpd=URL
    #[arg(long, value_name = "PAGE", env = "DASHPOT_ORIGIN_PLAYER")]
    player: Option<String>,
    /// Memory for the media that was asked for last; 0 reads it each time
    #[arg(long, value_name = "SIZE", default_value = "256MiB", env = "DASHPOT_ORIGIN_CACHE_MEM")]
    cache_mem: ByteSize,
    /// Where a JSON line for each request goes: a file, `-` for stderr, or `off`
    #[arg(long, value_name = "FILE", default_value = "off", env = "DASHPOT_ORIGIN_ACCESS_LOG",
          value_parser = |text: &str| Ok::<_, String>(LogTo::from(text)))]
    access_log: LogTo,
    /// JSON file of rules that make requests go wrong, as docs/faults.md describes them
    #[arg(long, value_name = "FILE", env = "DASHPOT_ORIGIN_FAULTS")]
    faults: Option<PathBuf>,
    /// Refuse fault_… in URLs, by which anybody can make their own requests go wrong
    #[arg(long, env = "DASHPOT_ORIGIN_NO_URL_FAULTS")]
    no_url_faults: bool,
    /// Address of the operator's API on this machine, which changes those rules [default: none]
    #[arg(long, value_name = "ADDR", env = "DASHPOT_ORIGIN_ADMIN")]
    admin: Option<SocketAddr>,
    /// Let a name in /livesim2/ URLs stand for an asset, as in `testpic_4s=film/seg_4s`; repeatable
    #[arg(
        long,
        value_name = "NAME=ASSET",
        env = "DASHPOT_ORIGIN_LIVESIM2_ASSETS",
        value_delimiter = ' '
    )]
    livesim2_asset: Vec<Alias>,
    /// NTP server that MPDs can name, with `utc_ntp` or `utc_sntp` in their URL [default: none]
    #[arg(long, value_name = "HOST", env = "DASHPOT_ORIGIN_NTP")]
    ntp: Option<String>,
    /// Keep what players tell (CMCD) by session and show it at /sessions, to everybody
    #[arg(long, env = "DASHPOT_ORIGIN_SESSIONS")]
    sessions: bool,
    /// File that gets a JSON line for each request and event with CMCD
    #[arg(long, value_name = "FILE", env = "DASHPOT_ORIGIN_CMCD_LOG")]
    cmcd_log: Option<PathBuf>,
    /// Tell players what they get and of the way it takes, in CMSD-Static and CMSD-Dynamic
    #[arg(long, env = "DASHPOT_ORIGIN_CMSD")]
    cmsd: bool,
    /// Place that has all this origin has, to which `steer_on` leads players; repeatable
    #[arg(
        long = "pathway",
        value_name = "NAME=URL",
        env = "DASHPOT_ORIGIN_PATHWAYS",
        value_delimiter = ' '
    )]
    pathways: Vec<Pathway>,
    /// URL by which players ask this origin which pathway to take [default: where it listens]
    #[arg(long, value_name = "URL", value_parser = server_url, env = "DASHPOT_ORIGIN_STEERING_URL")]
    steering_url: Option<String>,
    /// How often players ask for their pathway, in seconds
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=3_600),
        env = "DASHPOT_ORIGIN_STEERING_TTL"
    )]
    steering_ttl: u32,
    /// Number that decides which viewer goes to which pathway; replicas have the same
    #[arg(long, value_name = "SEED", default_value_t = 0, env = "DASHPOT_ORIGIN_STEERING_SEED")]
    steering_seed: u64,
    /// Ask each pathway how it is, so often, such as 2s: one that is down or full is the last that
    /// players are sent to [default: never; the operator says it]
    #[arg(long, value_name = "TIME", value_parser = parse_every, env = "DASHPOT_ORIGIN_STEERING_POLL")]
    steering_poll: Option<Duration>,
    /// What is asked of each pathway: a path from its host, or without a `/` at its beginning one
    /// from the pathway's URL
    #[arg(
        long,
        value_name = "PATH",
        default_value = "/health",
        env = "DASHPOT_ORIGIN_STEERING_POLL_PATH"
    )]
    steering_poll_path: String,
    /// File of a secret that the keys of protected media (drm_… in URLs) follow from, the same for
    /// all replicas [default: others at every start]
    #[arg(long, value_name = "FILE", env = "DASHPOT_ORIGIN_DRM_SECRET")]
    drm_secret: Option<PathBuf>,
    /// JSON file of keys to use for some assets, and of pssh boxes for other systems than ClearKey
    #[arg(long, value_name = "FILE", env = "DASHPOT_ORIGIN_DRM_KEYS")]
    drm_keys: Option<PathBuf>,
    /// Where MPDs send players for licences [default: this origin, at the address it listens on]
    #[arg(long, value_name = "URL", env = "DASHPOT_ORIGIN_DRM_LICENCE_URL")]
    drm_licence_url: Option<String>,
    #[command(flatten)]
    contribution: contribution::ContributionArgs,
}

/// Takes how often pathways are asked: often enough to be of use, and not so often as to be a load.
fn parse_every(text: &str) -> Result<Duration, String> {
    let every = parse_duration(text).map_err(|error| error.to_string())?;
    if (Duration::from_millis(100)..=Duration::from_secs(3_600)).contains(&every) {
        Ok(every)
    } else {
        Err("give 100ms to 1h".to_owned())
    }
}

const AFTER_HELP: &str = "\
Each asset is offered as /vod/ASSET/number.mpd, time.mpd, base.mpd and list.mpd; options stand in
the path between: /vod/ASSET/loop_8/seg_4s/number.mpd. The index page at / lists all of them.";

/// Serves until it is interrupted.
///
/// # Errors
/// Where the media cannot be served or the address cannot be listened on.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    let steers = !args.pathways.is_empty();
    let path = args.steering_poll_path;
    let poll = args.steering_poll.map(|every| PollConfig { every, path });
    let server = dashpot_origin::bind(Config {
        media: args.media,
        manifests: args.manifests,
        listen: args.listen,
        player: args.player,
        cache_mem: args.cache_mem,
        access_log: args.access_log,
        faults: FaultsConfig { file: args.faults, in_urls: !args.no_url_faults },
        admin: args.admin,
        livesim2: args.livesim2_asset,
        ntp: args.ntp,
        data: DataConfig { sessions: args.sessions, cmcd_log: args.cmcd_log, cmsd: args.cmsd },
        contribution: args.contribution.into(),
        steering: SteeringConfig {
            pathways: args.pathways,
            server: args.steering_url,
            ttl_s: args.steering_ttl,
            seed: Seed(args.steering_seed),
            poll,
        },
        drm: DrmConfig {
            secret: args.drm_secret,
            keys: args.drm_keys,
            licence_url: args.drm_licence_url,
        },
    })
    .await?;
    cli::print(&format!("http://{}/", server.addr()));
    if let Some(addr) = server.admin_addr() {
        cli::print(&format!("http://{addr}/faults (operator)"));
        if steers {
            cli::print(&format!("http://{addr}/steering/ (operator)"));
        }
    }
    let shutdown = Shutdown::new();
    signal::begin_when_interrupted(&shutdown);
    server.run(shutdown).await?;
    Ok(ExitStatus::Done)
}
