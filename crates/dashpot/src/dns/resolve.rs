//! `dashpot dns resolve`: one name, and the walk to it.

use super::{
    absolute,
    reach::{Place, Reach},
};
use crate::{ExitStatus, cli};
use anyhow::{Context as _, bail};
use dashpot_dns::{
    Asked, Resolver, Step, ask,
    proto::{
        op::ResponseCode,
        rr::{Name, Record, RecordType},
    },
};
use dashpot_serve::Clock;
use ipnet::IpNet;
use serde_json::json;

/// What may be typed after `dashpot dns resolve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name, such as video.ott.test
    name: Name,
    /// Type of record
    #[arg(value_name = "TYPE", default_value = "A", ignore_case = true, value_parser = kind)]
    kind: RecordType,
    /// Ask this resolver in place of walking from the root; with --tell, it tells its walk
    #[arg(
        long,
        value_name = "ADDR",
        env = "DASHPOT_DNS_RESOLVER",
        conflicts_with = "roots",
        required_unless_present = "roots"
    )]
    resolver: Option<Place>,
    #[command(flatten)]
    reach: Reach,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table of steps and the records
    Text,
    /// One JSON object
    Json,
}

fn kind(text: &str) -> Result<RecordType, String> {
    let kind = text.to_ascii_uppercase().parse();
    kind.map_err(|_| "give a type such as A, AAAA, CNAME, MX, TXT or DNSKEY".to_owned())
}

/// What there is to print.
struct Told {
    code: ResponseCode,
    is_secure: bool,
    answers: Vec<Record>,
    authorities: Vec<Record>,
    why: Option<String>,
    steps: Vec<Step>,
}

/// Resolves a name and prints what it leads to.
///
/// # Errors
/// Where a resolver does not answer, or flags do not fit together.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    let subnet = None::<IpNet>;
    let mut asked = Asked { name: absolute(args.name.clone()), kind: args.kind, subnet };
    let options = args.reach.options(&[])?;
    if let dashpot_dns::Subnet::Always(network) = options.subnet {
        asked.subnet = Some(network.trunc());
    }
    let told = match args.resolver {
        None => {
            let resolver = Resolver::new(options, Clock::system())?;
            let resolution = resolver.resolve(&asked).await;
            Told {
                code: resolution.code,
                is_secure: resolution.is_secure,
                answers: resolution.answers,
                authorities: resolution.authorities,
                why: resolution.fault.map(|(_, why)| why),
                steps: resolution.steps,
            }
        }
        Some(_) if args.reach.validates() => {
            bail!("a resolver validates for itself: give it --anchors, not those who ask it")
        }
        Some(resolver) => {
            let server = resolver.at(options.port);
            let heard = ask(server, &asked, &options).await;
            let heard = heard.with_context(|| format!("cannot ask {server}"))?;
            Told {
                code: heard.message.response_code,
                is_secure: heard.message.authentic_data,
                answers: heard.message.answers.clone(),
                authorities: heard.message.authorities.clone(),
                why: None,
                steps: heard.walk.unwrap_or_default(),
            }
        }
    };
    let text = match args.format {
        Format::Text => text(&told),
        Format::Json => json(&asked, &told),
    };
    cli::print(&text);
    let has_failed = told.code == ResponseCode::ServFail;
    Ok(if has_failed { ExitStatus::CheckFailed } else { ExitStatus::Done })
}

/// Returns the walk as a table, then the answer as records.
fn text(told: &Told) -> String {
    let mut lines = vec![row(["at ms", "took ms", "asked", "for", "came of it"])];
    for step in &told.steps {
        lines.push(row([
            &millis(step.at_us),
            &if step.is_query() { millis(step.took_us) } else { String::new() },
            &whom(step),
            &format!("{}{} {}", "  ".repeat(usize::from(step.depth.min(8))), step.name, step.kind),
            &outcome(step),
        ]));
    }
    let mut text = table(&lines);
    let queries = told.steps.iter().filter(|step| step.is_query()).count();
    let secure = if told.is_secure { ", secure" } else { "" };
    text.push_str(&format!("\n{}{secure}, {queries} questions asked\n", told.code.to_str()));
    if let Some(why) = &told.why {
        text.push_str(&format!("{why}\n"));
    }
    let records = told.answers.iter().chain(&told.authorities);
    let shown = records.filter(|record| record.record_type() != RecordType::RRSIG);
    text.push_str(&shown.map(Record::to_string).collect::<Vec<_>>().join("\n"));
    text.trim_end().to_owned()
}

fn row<S: ToString>(cells: [S; 5]) -> [String; 5] {
    cells.map(|cell| cell.to_string())
}

/// Returns whom a step has asked.
fn whom(step: &Step) -> String {
    match (&step.server, &step.zone) {
        (Some(server), Some(zone)) => {
            let name = step.server_name.as_deref().map_or(String::new(), |name| format!(" {name}"));
            format!("{zone} at {server}{name}")
        }
        _ => "itself".to_owned(),
    }
}

fn outcome(step: &Step) -> String {
    let mut text = step.outcome.as_str().to_owned();
    if !step.detail.is_empty() {
        text.push_str(&format!(" {}", step.detail));
    }
    if let Some(ttl) = step.ttl {
        text.push_str(&format!(", {ttl} s"));
    }
    if let Some(scope) = step.scope {
        text.push_str(&format!(", for /{scope}"));
    }
    if step.transport.as_deref() == Some("tcp") {
        text.push_str(", by TCP");
    }
    if 0 < step.disbelieved {
        text.push_str(&format!(", {} not believed", step.disbelieved));
    }
    text
}

fn millis(micros: u64) -> String {
    format!("{}.{:02}", micros / 1_000, micros % 1_000 / 10)
}

/// Returns rows with columns as wide as what is in them; the first two are numbers.
fn table(rows: &[[String; 5]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let [a, b, c, d] = [width(0), width(1), width(2), width(3)];
    let lines = rows.iter().map(|[at, took, whom, what, outcome]| {
        format!("{at:>a$}  {took:>b$}  {whom:<c$}  {what:<d$}  {outcome}\n")
    });
    lines.collect()
}

fn json(asked: &Asked, told: &Told) -> String {
    let records = |records: &[Record]| {
        let records = records.iter().map(|record| {
            json!({
                "name": record.name.to_ascii(),
                "type": record.record_type().to_string(),
                "ttl": record.ttl,
                "data": record.data.to_string(),
            })
        });
        records.collect::<Vec<_>>()
    };
    let json = json!({
        "name": asked.name.to_ascii(),
        "type": asked.kind.to_string(),
        "code": told.code.to_str(),
        "secure": told.is_secure,
        "why": told.why,
        "answers": records(&told.answers),
        "authorities": records(&told.authorities),
        "steps": told.steps,
    });
    json.to_string()
}
