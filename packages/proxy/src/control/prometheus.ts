/** Prometheus's text format, version 0.0.4. */

export type Labels = Readonly<Record<string, string>>;

export interface Buckets {
  /** Upper ends, ascending. */
  readonly bounds: readonly number[];
  readonly buckets: readonly { readonly atMost: number; readonly count: number }[];
  readonly sum: number;
  readonly count: number;
}

/** Gathers samples by metric, because all of one must stand together. */
export class Metrics {
  readonly #families = new Map<string, string[]>();

  counter(name: string, help: string, labels: Labels, value: number): void {
    this.#family(name, help, 'counter').push(sample(name, labels, value));
  }

  gauge(name: string, help: string, labels: Labels, value: number): void {
    this.#family(name, help, 'gauge').push(sample(name, labels, value));
  }

  histogram(name: string, help: string, labels: Labels, { bounds, buckets, sum, count }: Buckets): void {
    const lines = this.#family(name, help, 'histogram');
    let at = 0;
    let seen = 0;
    for (const le of bounds) {
      for (let bucket = buckets[at]; bucket !== undefined && bucket.atMost <= le; bucket = buckets[++at]) {
        seen += bucket.count;
      }
      lines.push(sample(`${name}_bucket`, { ...labels, le: String(le) }, seen));
    }
    lines.push(sample(`${name}_bucket`, { ...labels, le: '+Inf' }, count));
    lines.push(sample(`${name}_sum`, labels, sum), sample(`${name}_count`, labels, count));
  }

  text(): string {
    return `${[...this.#families.values()].flat().join('\n')}\n`;
  }

  #family(name: string, help: string, type: 'counter' | 'gauge' | 'histogram'): string[] {
    const known = this.#families.get(name);
    if (known !== undefined) return known;
    const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
    this.#families.set(name, lines);
    return lines;
  }
}

/** Seconds: the last whole microsecond before a power of two, which is where a bucket of the histograms ends. */
export function bound(microseconds: number): number {
  return (microseconds - 1) / 1e6;
}

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
