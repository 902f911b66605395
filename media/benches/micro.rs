//! What each step costs by the clock. `cargo bench -p airclass-media --bench micro`

use std::time::Duration;

use criterion::Criterion;

mod steps;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50)
        .without_plots()
        .configure_from_args();
    for (name, make) in steps::STEPS {
        let mut step = make();
        criterion.bench_function(name, |bencher| bencher.iter(&mut step));
    }
    criterion.final_summary();
}
