/** Upper 1 % points of the chi-square distribution by degrees of freedom (NIST/SEMATECH e-Handbook 1.3.6.7.4). */
const chiSquareAt1Percent: Readonly<Record<number, number>> = { 1: 6.635, 2: 9.21, 3: 11.345 };

/** How counts per backend compare with desired weights. */
export interface Fit {
  /** Largest difference between a share seen and the share desired. Percentage points. */
  readonly worstPoints: number;
  /** False when the counts differ from the weights at p = 0.01. */
  readonly plausible: boolean;
}

/** Compares counts per backend with the shares their weights ask for (Pearson's chi-square). */
export function fit(
  counts: Readonly<Record<string, number>>,
  weights: Readonly<Record<string, number>>,
): Fit {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const weightSum = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const serving = Object.entries(weights).filter(([, weight]) => weight > 0);
  let statistic = 0;
  let worstPoints = 0;
  for (const [backend, weight] of serving) {
    const expected = (total * weight) / weightSum;
    const seen = counts[backend] ?? 0;
    statistic += (seen - expected) ** 2 / expected;
    worstPoints = Math.max(worstPoints, (100 * Math.abs(seen - expected)) / total);
  }
  const limit = chiSquareAt1Percent[serving.length - 1];
  if (limit === undefined) throw new Error(`no chi-square limit for ${serving.length} backends`);
  return { worstPoints, plausible: statistic <= limit };
}
