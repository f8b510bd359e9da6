//! `sim`: authorities that trade while everything goes wrong that can.

use sim::fault::{self, AUTHORITIES_MAX, Faults, Options, Report, Sabotage, Sum};

use crate::output::{Done, Failure, Global, say};

/// `sim [--seed S] [--seeds COUNT] [--authorities N] [--cases C] [--provinces] [--steps K] [--faults all|none|LIST] [--sabotage WORD]`
#[derive(Clone, Debug, clap::Args)]
pub struct SimArgs {
    /// Everything comes of it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// So many seeds, one after the other
    #[arg(long, default_value_t = 1, value_name = "COUNT")]
    seeds: u64,
    /// How many authorities, 2 to 200
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = authorities)]
    authorities: usize,
    /// How many exports each of them begins at most
    #[arg(long, default_value_t = 30, value_name = "C")]
    cases: usize,
    /// The first two are provinces of one country, and goods go from one to the other
    #[arg(long)]
    provinces: bool,
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

fn authorities(text: &str) -> Result<usize, String> {
    let number: usize = text.parse().map_err(|error| format!("{error}"))?;
    if (2..=AUTHORITIES_MAX).contains(&number) {
        return Ok(number);
    }
    Err(format!("{number} is not in 2..={AUTHORITIES_MAX}"))
}

/// Runs the simulation, seed by seed, and tells of many what came of all together; the first broken invariant ends it with the command that replays it.
pub fn sim(global: &Global, args: &SimArgs) -> Done {
    let mut all = Sum::default();
    for seed in args.seed..args.seed.saturating_add(args.seeds) {
        global.progress(format_args!("seed {seed}"));
        let report = fault::run(&Options {
            seed,
            authorities: args.authorities,
            cases: args.cases,
            provinces: args.provinces,
            steps: args.steps,
            faults: args.faults.clone(),
            sabotage: args.sabotage,
        });
        global.progress_done();
        let report = report.map_err(|failure| Failure::Refused(failure.to_string()))?;
        all.add(&report);
        tell(global, &report)?;
    }
    if args.seeds > 1 && !global.json {
        say(&all.to_string())?;
    }
    Ok(())
}

fn tell(global: &Global, report: &Report) -> Done {
    if global.quiet && !global.json {
        return Ok(());
    }
    let line = if global.json {
        serde_json::to_string(report)
    } else {
        Ok(report.to_string())
    };
    say(&line.map_err(|error| Failure::Refused(error.to_string()))?)
}
