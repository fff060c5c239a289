/** For every pair of positions, how many lines the rests of both texts share in order. */
function shared(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let old = before.length - 1; old >= 0; old--) {
    for (let now = after.length - 1; now >= 0; now--) {
      const row = table[old] ?? [];
      row[now] =
        before[old] === after[now]
          ? 1 + (table[old + 1]?.[now + 1] ?? 0)
          : Math.max(table[old + 1]?.[now] ?? 0, row[now + 1] ?? 0);
    }
  }
  return table;
}

/** The lines by which a text differs from another, as `- old` and `+ new`. */
export function lineChanges(before: string, after: string): string[] {
  const [olds, news] = [before.split("\n"), after.split("\n")];
  const table = shared(olds, news);
  const changes: string[] = [];
  let [old, now] = [0, 0];
  while (old < olds.length || now < news.length) {
    if (old < olds.length && now < news.length && olds[old] === news[now]) {
      old += 1;
      now += 1;
    } else if (now >= news.length || (table[old + 1]?.[now] ?? -1) >= (table[old]?.[now + 1] ?? 0)) {
      changes.push(`- ${olds[old++] ?? ""}`);
    } else {
      changes.push(`+ ${news[now++] ?? ""}`);
    }
  }
  return changes;
}
