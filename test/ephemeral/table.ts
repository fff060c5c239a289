/** Rows of text as a table whose columns line up; nothing at the end of a line. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Lines of progress with the seconds since the first of a run. */
export function progress(write: (line: string) => void): (text: string) => void {
  const started = Date.now();
  return (text) => {
    const seconds = Math.round((Date.now() - started) / 1000);
    write(`[${String(seconds).padStart(4)} s] ${text}`);
  };
}
