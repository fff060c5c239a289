/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median of the ratios of values taken side by side: what disturbs a whole round disturbs both and cancels out. */
export const pairedRatio = (values, peers) => median(values.map((value, index) => value / peers[index]));

/** Three significant digits, without an exponent. */
export function figure(value) {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toFixed(Math.min(digits, 4));
}
