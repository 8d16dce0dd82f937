/**
 * What the process itself uses, under the names that every exporter has. prom-client brings such a set too; it keeps
 * a timer and an observer of garbage collections running for it, and has gauges whose names end as counters' do.
 */
import { readdirSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { Counter, Gauge, type Registry } from "prom-client";

interface ProcessMetric {
  readonly type: "gauge" | "counter";
  readonly name: string;
  readonly help: string;
  value(): number;
}

const METRICS: readonly ProcessMetric[] = [
  {
    ...{ type: "counter", name: "process_cpu_seconds_total", help: "Processor time used, seconds." },
    value: () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
  },
  {
    ...{
      type: "gauge",
      name: "process_start_time_seconds",
      help: "Start of the process, seconds since 1970.",
    },
    value: () => performance.timeOrigin / 1_000,
  },
  {
    ...{ type: "gauge", name: "process_resident_memory_bytes", help: "Resident memory." },
    value: () => process.memoryUsage.rss(),
  },
  {
    ...{ type: "gauge", name: "process_open_fds", help: "Open file descriptors." },
    value: () => readdirSync("/proc/self/fd").length - 1,
  },
  {
    ...{ type: "gauge", name: "nodejs_heap_used_bytes", help: "JavaScript heap in use." },
    value: () => process.memoryUsage().heapUsed,
  },
  {
    ...{ type: "counter", name: "nodejs_eventloop_active_seconds_total" },
    help: "Time in which the event loop was at work; near 1 a second, the switch is at its limit.",
    value: () => performance.eventLoopUtilization().active / 1_000,
  },
];

/** Puts the metrics into `registry`; each looks when it is asked. */
export function processMetrics(registry: Registry): void {
  for (const { type, name, help, value } of METRICS) {
    const options = { name, help, registers: [registry] };
    if (type === "gauge") {
      const gauge: Gauge = new Gauge({ ...options, collect: () => gauge.set(value()) });
    } else {
      const counter: Counter = new Counter({
        ...options,
        collect: () => {
          counter.reset();
          counter.inc(value());
        },
      });
    }
  }
}
