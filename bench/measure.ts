/** Median, lowest and highest value. */
export interface Summary {
  median: number;
  low: number;
  high: number;
}

export function summary(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return { median: NaN, low: NaN, high: NaN };
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, low: sorted[0]!, high: sorted.at(-1)! };
}

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
};

/** 12345.6 → 12,346; 12.345 → 12.3; 0.1234 → 0.123 */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3);
}

/** A lower or an upper bound. */
export interface Goal {
  atLeast?: number;
  atMost?: number;
}

export const isMet = (value: number, { atLeast, atMost }: Goal): boolean =>
  (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);

/** One line of the results of a case. */
export interface Finding {
  what: string;
  unit: string;
  /** One value for each round. */
  values: readonly number[];
  floor?: Goal;
  goal?: Goal;
}

const boundOf = (goal: Goal | undefined): string =>
  !goal ? '' : goal.atLeast !== undefined ? `≥ ${short(goal.atLeast)}` : `≤ ${short(goal.atMost!)}`;

function verdict(value: number, { floor, goal }: Finding): string {
  if (!floor && !goal) return '';
  if (goal && isMet(value, goal)) return 'goal';
  if (floor && isMet(value, floor)) return 'floor';
  return 'MISSED';
}

/** Returns a Markdown table. */
export function tableOf(findings: readonly Finding[]): string {
  const head = ['what', 'median', 'spread', 'unit', 'floor', 'goal', 'meets'];
  const lines = findings.map((finding) => {
    const { median, low, high } = summary(finding.values);
    const spread = finding.values.length > 1 ? `${short(low)} – ${short(high)}` : '';
    return [finding.what, short(median), spread, finding.unit, boundOf(finding.floor), boundOf(finding.goal), verdict(median, finding)];
  });
  const width = head.map((cell, column) => Math.max(cell.length, ...lines.map((line) => line[column]!.length)));
  const row = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(width[column]!)).join(' | ')} |`;
  return [row(head), row(width.map((count) => '-'.repeat(count))), ...lines.map(row)].join('\n');
}
