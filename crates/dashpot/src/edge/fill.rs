//! Flags of `dashpot edge`: how bodies are fetched, and fetched on.

use dashpot_edge::Fill;

/// How bodies are fetched, and fetched on.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Filling")]
pub(super) struct FillArgs {
    /// How often in a row the rest of a body that broke off is asked for; 0 cuts its readers
    #[arg(long, value_name = "COUNT", default_value_t = Fill::default().resumes_max,
          env = "DASHPOT_EDGE_RESUMES_MAX")]
    resumes_max: u32,
    /// Fetches that may fill the cache at a time
    #[arg(long, value_name = "COUNT", default_value_t = Fill::default().fills_max,
          env = "DASHPOT_EDGE_FILLS_MAX")]
    fills_max: usize,
}

impl From<FillArgs> for Fill {
    fn from(args: FillArgs) -> Self {
        let mut fill = Self::default();
        (fill.resumes_max, fill.fills_max) = (args.resumes_max, args.fills_max);
        fill
    }
}
