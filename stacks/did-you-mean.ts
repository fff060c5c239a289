/** How many letters must be added, removed or exchanged to make one word of another. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of from.split("").entries()) {
    let diagonal = index;
    const next = [index + 1];
    for (const [column, other] of to.split("").entries()) {
      const change = diagonal + (letter === other ? 0 : 1);
      diagonal = row[column + 1] ?? 0;
      next.push(Math.min(change, diagonal + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** The word that was probably meant: the nearest one, if a third of it or less is wrong. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const near = known
    .map((candidate) => ({ candidate, far: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, far }) => far <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((one, other) => one.far - other.far);
  return near[0]?.candidate;
}
