/** What every benchmark is told. */
export interface BenchOptions {
  /** How often everything is measured; medians are printed. */
  readonly rounds: number;
  /** Shorter and coarser measurements, to see that a benchmark works. */
  readonly quick: boolean;
  /** Where not empty, only what has one of these texts in its name is measured. */
  readonly only: readonly string[];
}

/** What each benchmark's file exports. */
export interface Benchmark {
  run(options: BenchOptions): Promise<void>;
}
