/** Where a key leads in a row of things. Pure. */

/** The next place, or undefined for keys that lead nowhere; the ends do not go round. */
export function walk(key: string, place: number, length: number): number | undefined {
  const last = length - 1;
  if (key === "ArrowRight" || key === "ArrowUp") return Math.min(last, place + 1);
  if (key === "ArrowLeft" || key === "ArrowDown") return Math.max(0, place - 1);
  if (key === "Home") return 0;
  if (key === "End") return last;
  return undefined;
}
