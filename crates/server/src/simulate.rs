//! `sim`: authorities that trade while everything goes wrong that can.

use sim::fault::{self, Faults, Options, Sabotage};

use crate::output::{Done, Failure, Global, say};

/// `sim [--seed S] [--seeds COUNT] [--authorities N] [--steps K] [--faults all|none|LIST] [--sabotage WORD]`
#[derive(Clone, Debug, clap::Args)]
pub struct SimArgs {
    /// Everything comes of it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// So many seeds, one after the other
    #[arg(long, default_value_t = 1, value_name = "COUNT")]
    seeds: u64,
    /// How many authorities
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=8))]
    authorities: u8,
    /// How many steps
    #[arg(long, default_value_t = 400, value_name = "K")]
    steps: u64,
    /// What strikes: all, none, or a list such as lose,crash
    #[arg(long, default_value = "all", value_name = "all|none|LIST")]
    faults: Faults,
    /// Make one thing wrong on purpose: then the simulation must fail
    #[arg(long, value_name = "WORD")]
    sabotage: Option<Sabotage>,
}

/// Runs the simulation, seed by seed; the first broken invariant ends it with the command that replays it.
pub fn sim(global: &Global, args: &SimArgs) -> Done {
    for seed in args.seed..args.seed.saturating_add(args.seeds) {
        global.progress(format_args!("seed {seed}"));
        let report = fault::run(&Options {
            seed,
            authorities: args.authorities.into(),
            steps: args.steps,
            faults: args.faults.clone(),
            sabotage: args.sabotage,
        });
        global.progress_done();
        let report = report.map_err(|failure| Failure::Refused(failure.to_string()))?;
        if !global.quiet || global.json {
            let line = if global.json {
                serde_json::to_string(&report)
            } else {
                Ok(report.to_string())
            };
            say(&line.map_err(|error| Failure::Refused(error.to_string()))?)?;
        }
    }
    Ok(())
}
